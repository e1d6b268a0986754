//! Cases of patch parsing, selecting and applying.

use super::*;

fn read(text: &str) -> Node {
    let options = ReadOptions::kustomize_resources(FileId(1), "x.yaml");
    read_kustomize_documents(text, &options).unwrap().0.remove(0).root
}

#[test]
fn a_text_is_read_as_the_kind_of_patch_it_is() {
    let check = |text: &str, want: &str| {
        let found = match parse(text, "p.yaml", FileId(1)).unwrap() {
            Patch::Strategic(documents) => format!("strategic {}", documents.len()),
            Patch::Json(operations) => format!("json {}", operations.len()),
            Patch::Empty => "empty".to_owned(),
        };
        assert_eq!(found, want, "{text}");
    };
    check("", "empty");
    check("# only a comment\n", "empty");
    check("[]", "empty");
    check("[{\"op\": \"remove\", \"path\": \"/a\"}]", "json 1");
    check("- op: remove\n  path: /a\n- {op: add, path: /b, value: yes}", "json 2");
    check("kind: A\nmetadata: {name: x}", "strategic 1");
    check("kind: A\nmetadata: {name: x}\n---\nkind: B\nmetadata: {name: 1}", "strategic 2");
    check("kind: AList\nitems:\n- {kind: A, metadata: {name: x}}", "strategic 1");
    check("kind: AList\nitems: null", "empty");
}

#[test]
fn values_of_a_yaml_json_patch_follow_yaml_1_1() {
    let patch = parse("- {op: add, path: /a, value: yes}", "p.yaml", FileId(1)).unwrap();
    let Patch::Json(operations) = patch else { panic!("a JSON patch") };
    let mut resource = Node::mapping();
    apply_json(&mut resource, &operations).unwrap();
    assert_eq!(resource.get("a").and_then(Node::as_bool), Some(true));
}

#[test]
fn texts_that_are_no_patch_say_why() {
    let check = |text: &str, want: &str| {
        let error = parse(text, "p.yaml", FileId(1)).unwrap_err().to_string();
        assert_eq!(error, want, "{text}");
    };
    check("a: [", "patch cannot be read");
    check(
        "just text",
        "p.yaml:1: a patch must be a partial resource or a list of JSON patch operations",
    );
    check(
        "# c\nmetadata: {name: x}",
        "p.yaml:2: kind is missing; name the kind of the resource to patch",
    );
    check("kind: A", "p.yaml:1: metadata.name is missing; name the resource to patch");
    check(
        "kind: A\nmetadata: {name: x}\na: [null]",
        "p.yaml:1: a list has an item that is null; remove it",
    );
    check("- op: put\n  path: /a", "p.yaml: not a JSON patch");
}

#[test]
fn a_strategic_patch_keeps_kind_name_and_namespace() {
    let resource = read("kind: A\nmetadata: {name: x, namespace: n}\nspec: {a: 1}");
    let patch = read("kind: B\nmetadata: {name: y, namespace: m}\nspec: {b: 2}");
    let denied = apply_strategic(resource.clone(), &patch, IdentityChanges::default());
    let want = read("kind: A\nmetadata: {name: x, namespace: n}\nspec: {a: 1, b: 2}");
    assert_eq!(denied, Ok(Some(want)));
    let changes = IdentityChanges { name: Permission::Granted, kind: Permission::Granted };
    let granted = apply_strategic(resource, &patch, changes);
    let want = read("kind: B\nmetadata: {name: y, namespace: n}\nspec: {a: 1, b: 2}");
    assert_eq!(granted, Ok(Some(want)));
}

#[test]
fn a_json_patch_rounds_all_numbers() {
    let mut resource = read("kind: A\nspec: {a: 9007199254740993}");
    let Patch::Json(operations) =
        parse(r#"[{"op":"add","path":"/b","value":0.5}]"#, "p", FileId(1)).unwrap()
    else {
        panic!("a JSON patch")
    };
    apply_json(&mut resource, &operations).unwrap();
    assert_eq!(resource, read("kind: A\nspec: {a: 9007199254740992}\nb: 0.5"));
}

#[test]
fn selectors_match_anchored_patterns_and_labels() {
    let resource = read(
        "apiVersion: apps/v1\nkind: Deployment\n\
         metadata: {name: p-web, labels: {app: web}, annotations: {a: b}}",
    );
    let candidate =
        Candidate { resource: &resource, names: ["web", "p-web"], namespaces: ["default", "prod"] };
    let check = |fields: SelectorFields, want: bool| {
        let matches = Selector::compile(&fields).unwrap().matches(&candidate);
        assert_eq!(matches, want, "{fields:?}");
    };
    let with = |set: fn(&mut SelectorFields, String), value: &str| {
        let mut fields = SelectorFields::default();
        set(&mut fields, value.to_owned());
        fields
    };
    check(SelectorFields::default(), true);
    for (pattern, want) in [("web", true), ("p-web", true), ("we", false), (".*-web|x", true)] {
        check(with(|fields, value| fields.name = value, pattern), want);
    }
    for (pattern, want) in [("default", true), ("prod", true), ("pro", false)] {
        check(with(|fields, value| fields.namespace = value, pattern), want);
    }
    for (pattern, want) in [("Deployment", true), ("Deploy", false), ("D.*", true)] {
        check(with(|fields, value| fields.kind = value, pattern), want);
    }
    check(with(|fields, value| fields.group = value, "apps"), true);
    check(with(|fields, value| fields.version = value, "v2"), false);
    check(with(|fields, value| fields.label_selector = value, "app in (web)"), true);
    check(with(|fields, value| fields.label_selector = value, "app!=web"), false);
    check(with(|fields, value| fields.annotation_selector = value, "a=b"), true);
    let broken = with(|fields, value| fields.name = value, "(");
    assert!(Selector::compile(&broken).is_err());
}
