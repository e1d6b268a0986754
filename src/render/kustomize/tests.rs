//! Builds in memory: messages, positions, warnings. Output is compared in tests/kustomize.rs.

use super::*;
use crate::render::tree::MemoryTree;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

fn build_text(files: &[(&str, &str)], path: &str) -> Result<String, String> {
    let tree = MemoryTree::new(files.iter().copied());
    let output = build(&tree, path, &BuildOptions::default()).map_err(|error| error.to_string())?;
    Ok(to_yaml(&output.resources))
}

fn check_error(files: &[(&str, &str)], path: &str, expected: &str) {
    assert_eq!(build_text(files, path).unwrap_err(), expected);
}

#[test]
fn an_error_in_a_base_names_the_way_in() {
    let files = [
        ("base/kustomization.yaml", "resources:\n- a.yaml\nnamePrefx: x\n"),
        ("prod/kustomization.yaml", "resources:\n- ../base\n"),
    ];
    check_error(
        &files,
        "prod",
        "base/kustomization.yaml:3: unknown field `namePrefx` in Kustomization; did you mean \
         `namePrefix`? (through prod/kustomization.yaml:2)",
    );
}

#[test]
fn a_duplicate_names_both_files() {
    let files = [
        ("kustomization.yaml", "resources: [a.yaml, b.yaml]\n"),
        ("a.yaml", CONFIG_MAP),
        ("b.yaml", &format!("# again\n{CONFIG_MAP}")),
    ];
    check_error(
        &files,
        "",
        "ConfigMap a in namespace default is there twice: a.yaml:1 and b.yaml:2; rename one of \
         them or list it once",
    );
}

#[test]
fn remote_resources_are_refused_with_file_and_line() {
    let files = [("kustomization.yaml", "resources:\n- https://example.com/a.yaml\n")];
    check_error(
        &files,
        "",
        "not supported yet: remote resources entry `https://example.com/a.yaml`, \
         kustomization.yaml:2",
    );
}

#[test]
fn a_base_on_the_way_in_is_a_cycle() {
    let files = [("a/b/kustomization.yaml", "resources: [..]\n"), ("a/kustomization.yaml", "")];
    check_error(
        &files,
        "a/b",
        "a/b/kustomization.yaml:1: cycle: `a` is or contains `a/b`, which is being built",
    );
}

#[test]
fn files_outside_the_folder_need_the_flag() {
    let files = [("x/kustomization.yaml", "resources: [../a.yaml]\n"), ("a.yaml", CONFIG_MAP)];
    assert!(build_text(&files, "x").unwrap_err().contains("LoadRestrictionsNone"));
    let options = BuildOptions { load_restrictor: LoadRestrictor::None, ..BuildOptions::default() };
    assert!(build(&MemoryTree::new(files), "x", &options).is_ok());
}

#[test]
fn positions_point_to_the_files_of_the_resources() {
    let files = [("p/kustomization.yaml", "resources: [a.yaml]\n"), ("p/a.yaml", CONFIG_MAP)];
    let output = build(&MemoryTree::new(files), "p", &BuildOptions::default()).unwrap();
    let origin = &output.resources[0].origin;
    assert_eq!(&*origin.file, "p/a.yaml");
    assert_eq!(output.files.describe(origin.position), "p/a.yaml:1");
}

#[test]
fn a_field_given_twice_is_noted() {
    let files = [("kustomization.yaml", "namePrefix: a\nresources: []\nnamePrefix: b\n")];
    let output = build(&MemoryTree::new(files), "", &BuildOptions::default()).unwrap();
    assert!(output.warnings.is_empty());
    assert!(output.notes[0].starts_with("kustomization.yaml:3"), "{:?}", output.notes);
}

#[test]
fn warnings_come_in_the_order_of_the_files() {
    let files = [
        ("base/kustomization.yaml", "commonLabels: {a: b}\nresources: []\n"),
        ("prod/kustomization.yaml", "bases: [../base]\n"),
    ];
    let output = build(&MemoryTree::new(files), "prod", &BuildOptions::default()).unwrap();
    let fields: Vec<_> =
        output.warnings.iter().filter_map(|line| line.split('\'').nth(1)).collect();
    assert_eq!(fields, ["bases", "commonLabels"]);
}
