use super::*;
#[test]
fn tmp() {
    let dir = std::env::var("KZ_CASES").unwrap();
    let text = std::fs::read_to_string(dir).unwrap();
    let mut out = String::new();
    for (index, case) in text.split("\n=====\n").enumerate() {
        let (base, patch) = case.split_once("\n-----\n").unwrap();
        let read = |t: &str| {
            let o = crate::yaml::ReadOptions::kustomize_resources(crate::yaml::FileId(1), "x");
            crate::yaml::read_kustomize_documents(t, &o).unwrap().0.remove(0).root
        };
        let result = match merge(read(base), &read(patch), None) {
            Ok(Some(n)) => serde_json::to_string(&n).unwrap(),
            Ok(None) => "null".into(),
            Err(e) => format!("ERR {e}"),
        };
        out.push_str(&format!("{index}\t{result}\n"));
    }
    std::fs::write("/tmp/kz/ours.txt", out).unwrap();
}
