//! Loading kustomization files: spellings, types, deprecations.

use super::*;

fn load_text(text: &str) -> Result<Loaded, KustomizeError> {
    let mut files = SourceMap::default();
    let file = files.add("kustomization.yaml");
    load(text, &"kustomization.yaml".into(), file, &files)
}

fn check_error(text: &str, expected: &str) {
    match load_text(text) {
        Ok(_) => panic!("{text:?} was accepted"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

#[test]
fn field_names_match_in_any_case() {
    let loaded = load_text("NAMEPREFIX: a-\nResources: [x.yaml]\n").unwrap();
    assert_eq!(loaded.kustomization.name_prefix, "a-");
    assert_eq!(loaded.kustomization.resources[0].value, "x.yaml");
}

#[test]
fn deprecated_fields_are_appended_and_warned_about_in_kustomizes_order() {
    let loaded = load_text("vars: []\nbases: [b]\nresources: [r]\nimageTags: []\n").unwrap();
    let resources: Vec<_> = loaded.kustomization.resources.iter().map(|r| &*r.value).collect();
    assert_eq!(resources, ["r", "b"]);
    let words: Vec<_> = loaded.warnings.iter().filter_map(|line| line.split('\'').nth(1)).collect();
    assert_eq!(words, ["bases", "imageTags", "vars"]);
}

#[test]
fn unknown_fields_and_wrong_types_name_file_and_line() {
    let at = "kustomization.yaml";
    check_error(
        "resources:\n- a\nnamespce: x\n",
        &format!("{at}:3: unknown field `namespce` in Kustomization; did you mean `namespace`?"),
    );
    check_error(
        "namespace: 123\n",
        &format!("{at}:1: `namespace` must be a string, but is a number"),
    );
    check_error(
        "commonLabels:\n  a: yes\n",
        &format!("{at}:2: `commonLabels.a` must be a string (put it in quotes), but is a boolean"),
    );
    check_error("resources: x\n", &format!("{at}:1: `resources` must be a list, but is a string"));
}

#[test]
fn fields_that_are_not_done_are_refused_unless_they_say_nothing() {
    check_error("crds:\n- a.json\n", "not supported yet: crds, kustomization.yaml:2");
    assert!(load_text("crds: []\n").is_ok());
}

#[test]
fn only_kind_and_api_version_is_an_empty_file() {
    let check = |text: &str, empty: bool| {
        let loaded = load_text(text).unwrap();
        assert_eq!(loaded.kustomization.check_not_empty().is_err(), empty, "{text:?}");
    };
    check("", true);
    check("kind: Kustomization\n", true);
    check("namePrefix: ''\n", true);
    check("bases: []\n", true);
    check("resources: []\n", false);
    check("commonLabels: {}\n", false);
}

#[test]
fn kind_and_api_version_belong_together() {
    assert!(load_text("kind: Component\nresources: []\n").is_ok());
    check_error(
        "kind: Component\napiVersion: kustomize.config.k8s.io/v1beta1\n",
        "kustomization.yaml:2: apiVersion of a Component must be kustomize.config.k8s.io/v1alpha1",
    );
}
