//! Recorded answers of Go's YAML libraries against ours: every folder of tests/cases/yaml.
//!
//! `in.yaml` is read under both dialects; `want.json` and `want.v3.json` hold what Go makes of
//! it (or the word `error`), `want.yaml` what it writes. tests/oracle/yaml records them; VERSIONS
//! says with which libraries.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads its cases")]

use std::fs;
use std::path::{Path, PathBuf};

use tiphys::yaml::{FileId, Node, ReadOptions, YamlError, read_one, to_json, to_yaml};

const REFUSED: &str = "error\n";
/// What go-yaml v2 writes in a way that changes its meaning: a quoted `<<` loses its quotes, and
/// U+2028 and U+2029 are line breaks to it, text to us.
const NOT_READ_BACK: [&str; 3] = ["literal-wide-breaks", "merge-quoted", "printable"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/yaml");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() > 80, "the recorded cases are missing");
    cases
}

fn read(case: &Path, options: &ReadOptions) -> Result<Node, YamlError> {
    read_one(&fs::read_to_string(case.join("in.yaml")).unwrap(), options).map(|(node, _)| node)
}

fn check_json(options: &ReadOptions, recorded: &str) {
    let wrong: Vec<_> = cases()
        .iter()
        .filter_map(|case| {
            let want = fs::read_to_string(case.join(recorded)).unwrap();
            let got = match read(case, options) {
                Ok(node) => to_json(&node) + "\n",
                Err(_) => REFUSED.to_owned(),
            };
            (got != want).then(|| format!("{}:\n got {got}want {want}", case.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn manifests_read_as_in_go() {
    check_json(&ReadOptions::manifests(FileId::NONE, ""), "want.json");
}

#[test]
fn resources_read_as_in_kustomize() {
    check_json(&ReadOptions::kustomize_resources(FileId::NONE, ""), "want.v3.json");
}

#[test]
fn yaml_is_written_as_in_go() {
    let options = ReadOptions::manifests(FileId::NONE, "");
    for case in cases() {
        let Ok(want) = fs::read_to_string(case.join("want.yaml")) else { continue };
        let node = read(&case, &options).unwrap();
        assert_eq!(to_yaml(&node), want, "{}", case.display());
    }
}

#[test]
fn written_yaml_reads_back_as_the_same_value() {
    let options = ReadOptions::manifests(FileId::NONE, "");
    for case in cases() {
        if NOT_READ_BACK.iter().any(|name| case.ends_with(name)) {
            continue;
        }
        let Ok(node) = read(&case, &options) else { continue };
        let text = to_yaml(&node);
        let (again, _) = read_one(&text, &options).unwrap();
        assert_eq!(again, node, "{}", case.display());
    }
}
