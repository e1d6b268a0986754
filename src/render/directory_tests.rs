//! Cases of plain directories.

use super::*;
use crate::render::tree::MemoryTree;

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";

fn rendered(files: &[(&str, &str)], options: &DirectoryOptions) -> Result<Rendered, RenderError> {
    let tree = MemoryTree::new(files.iter().copied());
    render(&tree, "app", options, RenderLimits::default())
}

fn options(recurse: bool, include: &str, exclude: &str) -> DirectoryOptions {
    DirectoryOptions {
        recurse,
        include: include.to_owned(),
        exclude: exclude.to_owned(),
        jsonnet: None,
    }
}

#[test]
fn files_are_chosen_by_name_and_pattern_in_the_order_of_a_walk() {
    let files: Vec<_> = [
        "app/b.yaml",
        "app/a.yml",
        "app/a/x.yaml",
        "app/a/deep/y.yaml",
        "app/c.json",
        "app/readme.md",
        "app/.hidden.yaml",
        "app/.argocd-source.yaml",
        "other/z.yaml",
    ]
    .iter()
    .map(|file| {
        (*file, if file.ends_with("json") { r#"{"apiVersion":"v1","kind":"A"}"# } else { OBJECT })
    })
    .collect();
    let check = |options: &DirectoryOptions, want: &[&str]| {
        let rendered = rendered(&files, options).unwrap();
        let found: Vec<_> =
            rendered.manifests.iter().map(|manifest| &*manifest.origin.file).collect();
        assert_eq!(found, want, "{options:?}");
        assert!(rendered.warnings.is_empty());
    };
    check(&options(false, "", ""), &["app/.hidden.yaml", "app/a.yml", "app/b.yaml", "app/c.json"]);
    check(
        &options(true, "", ""),
        &[
            "app/.hidden.yaml",
            "app/a/deep/y.yaml",
            "app/a/x.yaml",
            "app/a.yml",
            "app/b.yaml",
            "app/c.json",
        ],
    );
    check(&options(true, "a/*", ""), &["app/a/deep/y.yaml", "app/a/x.yaml"]);
    check(&options(true, "{b,c}.*", "*.json"), &["app/b.yaml"]);
    check(&options(true, "", "{a/*,.*,b.yaml}"), &["app/a.yml", "app/c.json"]);
}

#[test]
fn documents_know_their_file_and_line() {
    let text = format!("# comment\n{OBJECT}---\n---\n{OBJECT}");
    let rendered = rendered(&[("app/a.yaml", &text)], &DirectoryOptions::default()).unwrap();
    let places: Vec<_> = rendered
        .manifests
        .iter()
        .map(|manifest| rendered.files.describe(manifest.origin.position))
        .collect();
    assert_eq!(places, ["app/a.yaml:2", "app/a.yaml:7"]);
}

#[test]
fn files_with_the_skip_marker_are_left_out_silently() {
    let text = format!("# +argocd:skip-file-rendering\n{OBJECT}");
    let rendered = rendered(&[("app/a.yaml", &text)], &DirectoryOptions::default()).unwrap();
    assert!(rendered.manifests.is_empty() && rendered.warnings.is_empty());
}

#[test]
fn files_that_are_no_objects_are_left_out_with_a_warning() {
    let check = |file: &str, text: &str, want: &str| {
        let rendered = rendered(&[(file, text)], &DirectoryOptions::default()).unwrap();
        assert!(rendered.manifests.is_empty(), "{text}");
        assert!(rendered.warnings.concat().starts_with(want), "{:?}", rendered.warnings);
    };
    check("app/a.yaml", "site: docs\nnav: []", "app/a.yaml: left out");
    check("app/a.yaml", "- a\n- b", "app/a.yaml: left out");
    check("app/package.json", r#"{"name": "x"}"#, "app/package.json: left out");
    check("app/a.yaml", "", "");
}

#[test]
fn broken_files_are_errors_even_when_they_look_like_no_object() {
    let broken = [("app/a.yaml", "a: {b: c\n")];
    let error = rendered(&broken, &DirectoryOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("app/a.yaml:"), "{error}");
    assert!(error.snippet().contains("a: {b: c"), "{}", error.snippet());
}

#[test]
fn yaml_1_1_applies_and_the_last_of_two_keys_counts() {
    let text = format!("{OBJECT}data: {{a: yes}}\ndata: {{a: no}}\n");
    let rendered = rendered(&[("app/a.yaml", &text)], &DirectoryOptions::default()).unwrap();
    let value = rendered.manifests[0].root.path(&["data", "a"]).and_then(Node::as_bool);
    assert_eq!(value, Some(false));
    assert!(rendered.warnings[0].starts_with("app/a.yaml:5"), "{:?}", rendered.warnings);
}

#[test]
fn what_cannot_be_rendered_names_the_file() {
    let check = |files: &[(&str, &str)], options: &DirectoryOptions, want: &str| {
        let error = rendered(files, options).unwrap_err().to_string();
        assert!(error.starts_with(want), "{error}");
    };
    let plain = DirectoryOptions::default();
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\ndata: {}";
    check(&[("app/a.yaml", broken)], &plain, "app/a.yaml:4:");
    check(
        &[("app/a.json", r#"{"apiVersion":"v1","kind":"A","metadata":{"#)],
        &plain,
        "app/a.json:1:",
    );
    check(&[("app/a.jsonnet", "{}")], &plain, "app/a.jsonnet: jsonnet files");
    check(&[("app/a.yaml", OBJECT)], &options(false, "{a", ""), "cannot read directory.include");
}

#[test]
fn the_files_together_must_not_be_too_large() {
    let tree = MemoryTree::new([("a.yaml", OBJECT), ("b.yaml", OBJECT)]);
    let limits = |bytes| RenderLimits { bytes };
    let size = OBJECT.len() as u64;
    let plain = DirectoryOptions::default();
    assert!(render(&tree, "", &plain, limits(2 * size)).is_ok());
    let error = render(&tree, "", &plain, limits(2 * size - 1)).unwrap_err();
    assert!(matches!(error, RenderError::TooLarge { .. }), "{error}");
}
