//! What an Application adds to a kustomization.

use super::*;

fn options(json: &str) -> KustomizeOptions {
    serde_json::from_str(json).unwrap()
}

fn applied(root: Kustomization, json: &str) -> Result<Kustomization, String> {
    let mut root = root;
    let overrides = Overrides::new(&options(json)).map_err(|error| error.to_string())?;
    overrides.apply(&mut root).map_err(|error| error.to_string())?;
    Ok(root)
}

#[test]
fn images_are_set_by_name_and_sorted() {
    let present = |name: &str, tag: &str| Image {
        name: name.into(),
        new_tag: tag.into(),
        tag_suffix: "-x".into(),
        ..Image::default()
    };
    let mut root = Kustomization::default();
    root.images = vec![present("web", "1"), present("db", "2")];
    let root = applied(root, r#"{"images":["web=new/web:*","app@sha256:ab"]}"#).unwrap();
    let text: Vec<_> = root
        .images
        .iter()
        .map(|i| format!("{} {} {} {} {}", i.name, i.new_name, i.new_tag, i.tag_suffix, i.digest))
        .collect();
    assert_eq!(text, ["app    sha256:ab", "db  2 -x ", "web new/web 1  "]);
}

#[test]
fn an_image_that_changes_nothing_is_refused() {
    let error = applied(Kustomization::default(), r#"{"images":["nginx"]}"#).unwrap_err();
    assert!(error.contains("image `nginx`"), "{error}");
}

#[test]
fn labels_need_force_to_replace_those_of_the_file() {
    let mut root = Kustomization::default();
    root.file = "k.yaml".into();
    root.common_labels = [("a".to_owned(), "1".to_owned())].into();
    let error = applied(root.clone(), r#"{"commonLabels":{"a":"2"}}"#).unwrap_err();
    assert!(error.starts_with("k.yaml: label `a` is set there already"), "{error}");
    let forced = r#"{"commonLabels":{"a":"2"},"forceCommonLabels":true}"#;
    assert_eq!(applied(root, forced).unwrap().common_labels["a"], "2");
}

#[test]
fn labels_without_selectors_join_an_entry_alike() {
    let alike = Label { include_templates: true, ..Label::default() };
    let mut root = Kustomization::default();
    root.labels = vec![alike];
    let json =
        r#"{"commonLabels":{"a":"1"},"labelWithoutSelector":true,"labelIncludeTemplates":true}"#;
    let root = applied(root, json).unwrap();
    assert_eq!(root.labels.len(), 1);
    assert_eq!(root.labels[0].pairs["a"], "1");
}

#[test]
fn replicas_take_numbers_and_strings() {
    let json = r#"{"replicas":[{"name":"b","count":"3"},{"name":"a","count":2}]}"#;
    let root = applied(Kustomization::default(), json).unwrap();
    let counts: Vec<_> = root.replicas.iter().map(|r| (&*r.name, r.count)).collect();
    assert_eq!(counts, [("a", 2), ("b", 3)]);
}
