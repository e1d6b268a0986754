//! The readers on small texts: documents, keys, merges, limits, positions.

use std::fmt::Write;

use super::*;

fn manifests(text: &str) -> Result<(Vec<Document>, Vec<Warning>), YamlError> {
    read_documents(text, &ReadOptions::manifests(FileId(1), "a.yaml"))
}

fn resources(text: &str) -> Result<(Vec<Document>, Vec<Warning>), YamlError> {
    read_kustomize_documents(text, &ReadOptions::kustomize_resources(FileId(1), "a.yaml"))
}

fn json(documents: &[Document]) -> String {
    let roots: Vec<_> = documents.iter().map(|d| serde_json::to_string(&d.root).unwrap()).collect();
    roots.join(" ")
}

fn check_v2(text: &str, want: &str) {
    assert_eq!(json(&manifests(text).unwrap().0), want, "{text}");
}

fn check_v3(text: &str, want: &str) {
    assert_eq!(json(&resources(text).unwrap().0), want, "{text}");
}

fn check_error(result: Result<(Vec<Document>, Vec<Warning>), YamlError>, want: &str) {
    assert_eq!(result.unwrap_err().to_string(), want);
}

#[test]
fn empty_documents_are_skipped_but_counted() {
    let (documents, _) =
        manifests("# only a comment\n---\na: 1\n---\n---\nnull\n---\nb: 2\n").unwrap();
    let indexes: Vec<_> = documents.iter().map(|document| document.index).collect();
    assert_eq!(json(&documents), r#"{"a":1} {"b":2}"#);
    assert_eq!(indexes.len(), 2);
    assert_eq!(manifests("").unwrap().0, []);
}

#[test]
fn every_node_knows_its_line() {
    let (documents, _) = manifests("a: 1\nb:\n  c:\n  - x\n  - y\n").unwrap();
    let root = &documents[0].root;
    let item = &root.path(&["b", "c"]).unwrap().as_sequence().unwrap()[1];
    assert_eq!(item.position, Position { file: FileId(1), line: 5 });
    assert_eq!(root.get("a").unwrap().position.line, 1);
}

#[test]
fn blank_and_explicit_nulls_are_null() {
    check_v2("a:\nb: ~\nc: null\nd: [~]\n", r#"{"a":null,"b":null,"c":null,"d":[null]}"#);
    check_v2("a: !!str\nb: ''\n", r#"{"a":"","b":""}"#);
}

#[test]
fn a_blank_value_in_a_flow_map_is_an_empty_string_for_kustomize() {
    check_v3("a: {b: , c: ~}\n", r#"{"a":{"b":"","c":null}}"#);
    check_v2("a: {b: , c: ~}\n", r#"{"a":{"b":null,"c":null}}"#);
}

#[test]
fn the_last_duplicate_wins_with_a_warning() {
    let (documents, warnings) = manifests("a: 1\nb: 2\na: 3\n").unwrap();
    assert_eq!(json(&documents), r#"{"a":3,"b":2}"#);
    assert_eq!(
        warnings[0].message,
        "a.yaml:3: mapping key \"a\" is already defined at line 1; the last one wins"
    );
    check_error(
        resources("a: 1\na: 3\n"),
        "a.yaml:2: mapping key \"a\" is already defined at line 1",
    );
}

#[test]
fn keys_become_strings_as_in_json() {
    check_v2(
        "1: a\ntrue: b\n1.5: c\ny: d\n2020-01-01: e\n",
        r#"{"1":"a","true":"d","1.5":"c","2020-01-01":"e"}"#,
    );
    check_error(
        resources("k: 1\n1: a\n"),
        "a.yaml:2:1: a key must be a string, but this one is a number; put it in quotes",
    );
    check_error(
        manifests("~: a\n"),
        "a.yaml:1:1: a key must be a string, but this one is null; put it in quotes",
    );
}

#[test]
fn merges_follow_the_order_of_go_yaml_v2() {
    let base = "x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\n";
    let tail =
        |text: &str| manifests(&format!("{base}{text}")).unwrap().0[0].root.get("m").cloned();
    let node = |text: &str| serde_json::from_str::<Node>(text).ok();
    assert_eq!(tail("m: {<<: *x, a: 0}\n"), node(r#"{"a":0,"b":1}"#));
    assert_eq!(tail("m: {a: 0, <<: *x}\n"), node(r#"{"a":1,"b":1}"#));
    assert_eq!(tail("m: {<<: [*x, *y]}\n"), node(r#"{"a":1,"b":1,"c":2}"#));
}

#[test]
fn own_keys_win_over_merges_in_kustomize() {
    check_v3("x: &x {a: 1, b: 1}\nm: {a: 0, <<: *x}\n", r#"{"x":{"a":1,"b":1},"m":{"a":0,"b":1}}"#);
}

#[test]
fn timestamps_are_text_in_v2_and_canonical_in_v3() {
    check_v2("a: 2020-01-01\n", r#"{"a":"2020-01-01"}"#);
    check_v3("a: 2020-01-01\n", r#"{"a":"2020-01-01T00:00:00Z"}"#);
}

#[test]
fn json_has_no_infinity() {
    let message = "a.yaml:1:4: unsupported value .inf: JSON has no such number; quote it";
    check_error(manifests("a: .inf\n"), message);
    check_error(resources("a: .inf\n"), message);
}

#[test]
fn windows_line_ends_and_byte_order_marks_are_read() {
    check_v2("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n", r#"{"a":1,"b":"x\ny\n"}"#);
    check_v3("\u{feff}a: 1\r\n---\r\nb: 2\r\n", r#"{"a":1} {"b":2}"#);
}

#[test]
fn kustomize_cuts_before_it_parses() {
    check_v3("a: 1\n...\nb: 2\n---\nc: 3\n", r#"{"a":1} {"c":3}"#);
    check_v3("a: 1\n--- # note\n{}\n---\nb: |\n  x\n", r#"{"a":1} {"b":"x\n"}"#);
    check_error(
        resources("a: 1\n--- b\nc: 2\n"),
        "a.yaml:2:4: only a comment may follow `---` on its line; put the content below it",
    );
    let (documents, _) = resources("a: 1\n---\nb: 2\n---\n\nc: 3\n").unwrap();
    let lines: Vec<_> = documents.iter().map(|d| d.root.position.line).collect();
    assert_eq!(lines, [1, 3, 6]);
}

#[test]
fn alias_bombs_and_deep_nesting_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let items = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{items}]").unwrap();
    }
    assert_eq!(manifests(&bomb).unwrap_err().kind, YamlErrorKind::Limit);
    assert!(manifests(&"[".repeat(10_000)).is_err());
    assert!(manifests(&"- ".repeat(10_000)).is_err());
    let mut chain = "c0: &c0 [x]\n".to_owned();
    for level in 1..500 {
        writeln!(chain, "c{level}: &c{level} [*c{}]", level - 1).unwrap();
    }
    assert_eq!(manifests(&chain).unwrap_err().kind, YamlErrorKind::Limit);
    check_error(
        manifests("a: &a [*a]\n"),
        "a.yaml:1: an anchor's value contains an alias to itself",
    );
}

#[test]
fn a_large_mapping_still_finds_its_duplicates() {
    let lines: Vec<_> = (0..100).map(|n| format!("k{n}: {n}\n")).collect();
    let mut text = lines.concat();
    text.push_str("k50: x\nk99: z\n");
    let (documents, warnings) = manifests(&text).unwrap();
    assert_eq!(warnings.len(), 2);
    assert_eq!(documents[0].root.str_at(&["k99"]), "z");
}

#[test]
fn one_document_means_one() {
    let options = ReadOptions::manifests(FileId::NONE, "");
    assert!(read_one("", &options).unwrap().0.is_null());
    assert_eq!(read_one("---\na: 1\n---\n", &options).unwrap().0.str_at(&["a"]), "");
    assert_eq!(
        read_one("a: 1\n---\nb: 2\n", &options).unwrap_err().to_string(),
        "line 3:1: one document is expected here, but a second one starts; remove it"
    );
}
