//! Each case was run through kustomize v5.8.2; the wanted documents are its answers.

use super::*;
use crate::yaml::{FileId, ReadOptions, read_kustomize_documents};

fn read(text: &str) -> Node {
    let options = ReadOptions::kustomize_resources(FileId(1), "x.yaml");
    read_kustomize_documents(text, &options).unwrap().0.remove(0).root
}

/// Merges two flow-style bodies of one kind and compares with the wanted body.
fn check(header: &str, base: &str, patch: &str, want: &str) {
    let document = |body: &str| read(&format!("{header}\n{body}\n"));
    let merged = merge(document(base), &document(patch), None).unwrap();
    assert_eq!(merged, Some(document(want)), "{base} + {patch}");
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}";
const CUSTOM: &str = "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: x}";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: x}";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}";

fn ports(base: &str, patch: &str, want: &str) {
    let body = |items: &str| format!("spec: {{ports: [{items}]}}");
    check(SERVICE, &body(base), &body(patch), &body(want));
}

fn containers(base: &str, patch: &str, want: &str) {
    let body = |items: &str| format!("spec: {{containers: [{items}]}}");
    check(POD, &body(base), &body(patch), &body(want));
}

fn environment(base: &str, patch: &str, want: &str) {
    let body = |items: &str| format!("{{name: c, env: [{items}]}}");
    containers(&body(base), &body(patch), &body(want));
}

#[test]
fn maps_merge_and_null_deletes() {
    check(CUSTOM, "a: {b: 1, c: 2}", "a: {b: null, d: 3}", "a: {c: 2, d: 3}");
    check(CUSTOM, "a: 1", "n: {x: null, y: {z: null}}", "a: 1\nn: {y: {}}");
}

#[test]
fn nulls_in_new_lists_stay() {
    check(CUSTOM, "a: 1", "w: [{q: null}]", "a: 1\nw: [{q: null}]");
}

#[test]
fn keys_without_a_value_vanish_and_written_nulls_stay() {
    check(CUSTOM, "a:\nb: null\nc: ~\nd:\n  e:", "f: 1", "b: null\nc: null\nd: {}\nf: 1");
    check(CUSTOM, "l:\n- a:", "f: 1", "l:\n- a:\nf: 1");
}

#[test]
fn a_scalar_keeps_the_quotes_of_the_one_it_overwrites() {
    check(CONFIG_MAP, r#"data: {a: "1"}"#, "data: {a: 2}", r#"data: {a: "2"}"#);
    check(CONFIG_MAP, r#"data: {a: "abc"}"#, "data: {a: 5}", r#"data: {a: "5"}"#);
    check(CONFIG_MAP, "data: {a: abc}", "data: {a: 5}", "data: {a: 5}");
    check(CONFIG_MAP, r#"data: {a: "1"}"#, "data: {a: 0x10}", r#"data: {a: "0x10"}"#);
    check(CONFIG_MAP, "data:\n  a: |\n    x", "data: {a: true}", r#"data: {a: "true"}"#);
    check(CONFIG_MAP, "data: {a: 1}", r#"data: {a: "2"}"#, r#"data: {a: "2"}"#);
}

#[test]
fn over_several_patches_the_quotes_of_the_first_value_count() {
    let patched = |base: &str, patches: &[&str]| {
        let document = |body: &str| read(&format!("{CONFIG_MAP}\n{body}\n"));
        let merged = patches.iter().fold(document(base), |base, patch| {
            merge(base, &document(patch), None).unwrap().unwrap()
        });
        merged.path(&["data", "a"]).cloned().unwrap()
    };
    assert_eq!(patched("data: {a: 2}", &[r#"data: {a: "3"}"#, "data: {a: 1}"]), 1.into());
    let between = [r#"data: {a: "3"}"#, "data: {b: x}", "data: {a: 1}"];
    assert_eq!(patched("data: {a: 2}", &between), "1".into());
    assert_eq!(patched(r#"data: {a: "2"}"#, &["data: {a: 3}", "data: {a: 1}"]), "1".into());
}

#[test]
fn lists_without_merge_keys_are_replaced() {
    check(CUSTOM, "a: [1, 2]", "a: [3]", "a: [3]");
    check(CUSTOM, "a: [1, 2]", "a: []", "a: []");
    check(
        POD,
        "spec: {tolerations: [{key: a}]}",
        "spec: {tolerations: [{key: b}]}",
        "spec: {tolerations: [{key: b}]}",
    );
}

#[test]
fn an_empty_list_changes_a_merging_list_not_at_all() {
    environment("{name: A}", "", "{name: A}");
}

#[test]
fn items_of_the_patch_come_first() {
    environment(
        "{name: A, value: a}, {name: B, value: b}, {name: C, value: c}",
        "{name: N, value: n}, {name: B, value: x}",
        "{name: N, value: n}, {name: B, value: x}, {name: A, value: a}, {name: C, value: c}",
    );
}

#[test]
fn of_items_with_the_same_key_the_last_stays() {
    environment("{name: A, value: a}, {name: A, value: b}", "", "{name: A, value: b}");
}

#[test]
fn an_item_without_its_key_takes_its_neighbours_along() {
    environment("{name: A}, {value: x}, {name: Z}", "{name: B}, {name: A, value: y}", "{value: x}");
    environment("{name: A}, {name: Z}", "{name: B}, {value: x}", "{name: B}");
}

#[test]
fn plain_values_merge_as_sets() {
    let body = |items: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: x, finalizers: [{items}]}}")
    };
    let merged = merge(read(&body("a, b")), &read(&body("c, b")), None).unwrap().unwrap();
    assert_eq!(merged, read(&body("c, b, a")));
}

#[test]
fn ports_merge_by_port_and_protocol_where_both_spell_them() {
    ports(
        "{port: 80, protocol: TCP}, {port: 53, protocol: UDP}",
        "{port: 53, protocol: UDP, name: dns}",
        "{port: 80, protocol: TCP}, {port: 53, protocol: UDP, name: dns}",
    );
    ports("{port: 80}", "{port: 80, targetPort: 1}", "{port: 80, targetPort: 1}");
}

#[test]
fn a_port_whose_protocol_is_spelt_on_one_side_only_is_lost() {
    ports("{port: 80, protocol: TCP}", "{port: 80, targetPort: 1}", "{port: 80, protocol: TCP}");
    ports("{port: 80}", "{port: 80, protocol: TCP, targetPort: 1}", "{port: 80}");
    ports("{port: 80, protocol: TCP}", "{port: 80, $patch: delete}", "{port: 80, protocol: TCP}");
}

#[test]
fn directives_delete_and_replace() {
    check(CUSTOM, "a: {b: 1}\nc: 2", "a: {$patch: delete}", "c: 2");
    check(CUSTOM, "a: {b: 1}", "a: {$patch: replace, d: 2}", "a: {d: 2}");
    check(CUSTOM, "a: {b: 1}", "a: {$patch: merge, d: 2}", "a: {b: 1, d: 2}");
    environment("{name: A}, {name: B}", "{name: A, $patch: delete}", "{name: B}");
    environment("{name: A}", "{$patch: replace}, {name: B}", "{name: B}");
    let base = "spec: {containers: [{name: c}]}\nrest: 1";
    check(POD, base, "spec: {containers: [{$patch: delete}]}", "spec: {}\nrest: 1");
}

#[test]
fn replace_beside_other_keys_of_an_item_loses_the_patch() {
    environment(
        "{name: A, value: a}",
        "{name: A, value: b, $patch: replace}",
        "{name: A, value: a}",
    );
}

#[test]
fn directives_of_other_tools_are_copied() {
    let patch = "a: {$retainKeys: [b], $setElementOrder/c: [x]}";
    check(CUSTOM, "a: {b: 1}", patch, "a: {b: 1, $retainKeys: [b], $setElementOrder/c: [x]}");
}

#[test]
fn a_delete_directive_at_the_root_deletes_the_object() {
    let patch = read(&format!("{CUSTOM}\n$patch: delete"));
    assert_eq!(merge(read(CUSTOM), &patch, None), Ok(None));
}

#[test]
fn objects_inside_custom_resources_follow_their_own_kind() {
    let body = |items: &str| {
        format!("inner: {{apiVersion: v1, kind: Pod, spec: {{containers: [{items}]}}}}")
    };
    check(
        CUSTOM,
        &body("{name: a, image: x}, {name: b}"),
        &body("{name: a, image: y}"),
        &body("{name: a, image: y}, {name: b}"),
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let check = |base: &str, patch: &str, want: &str| {
        let document = |body: &str| read(&format!("{POD}\n{body}\n"));
        let error = merge(document(base), &document(patch), None).unwrap_err();
        assert_eq!(error.to_string(), want);
    };
    check(
        "spec: {a: {b: 1}}",
        "spec: {a: {b: [1]}}",
        "spec.a.b: the patch has a list where the object has a scalar",
    );
    check(
        "spec: {a: {b: 1}}",
        "spec: {a: {$patch: change}}",
        "spec.a: unknown directive $patch: change; it must be merge, replace or delete",
    );
    check(
        "spec: {volumes: [x]}",
        "spec: {volumes: [{name: y}]}",
        "spec.volumes: items of this list must be mappings, but one is a scalar",
    );
}
