//! The writer on small values; the recorded answers of Go are in tests/cases/yaml.

use super::*;

fn check(json: &str, want: &str) {
    let node: Node = serde_json::from_str(json).unwrap();
    assert_eq!(to_yaml(&node), want, "{json}");
}

#[test]
fn collections_stand_where_go_yaml_puts_them() {
    check(r#"{"a":[1,{"b":2,"c":[]}],"d":{}}"#, "a:\n- 1\n- b: 2\n  c: []\nd: {}\n");
    check(r#"[[1,[2]],{"a":[3]}]"#, "- - 1\n  - - 2\n- a:\n  - 3\n");
    check("null", "null\n");
    check("[]", "[]\n");
}

#[test]
fn strings_that_read_as_something_else_are_quoted() {
    for text in ["yes", "n", "0o7x", "1_000", "12:30", "2020-01-01", "~", "", ".5", "null"] {
        let want = if text == "0o7x" { format!("{text}\n") } else { format!("\"{text}\"\n") };
        check(&format!("{text:?}"), &want);
    }
    for text in ["=", "<<", "1e", "0x", "NaN", "1.2.3", "10m", "1e400", "TrUe", "a: b#c"] {
        let want = if text == "a: b#c" { format!("'{text}'\n") } else { format!("{text}\n") };
        check(&format!("{text:?}"), &want);
    }
}

#[test]
fn text_with_newlines_becomes_a_literal_block() {
    check(r#"{"a":"x\ny\n"}"#, "a: |\n  x\n  y\n");
    check(r#"{"a":"x\ny"}"#, "a: |-\n  x\n  y\n");
    check(r#"{"a":"x\n\n"}"#, "a: |+\n  x\n\n");
    check(r#"{"a":" x\ny\n"}"#, "a: |2\n   x\n  y\n");
    check(r#"{"a":"x \ny\n"}"#, "a: \"x \\ny\\n\"\n");
}

#[test]
fn long_lines_fold_at_single_blanks() {
    let words = "word ".repeat(20);
    let text = words.trim_end();
    let head = &text[..text.len() - 5 * 4];
    let first = head.rfind("word word").unwrap();
    let folded = to_yaml(&Node::from(text));
    assert!(first > 0);
    assert!(folded.lines().all(|line| line.len() <= 88), "{folded}");
    assert_eq!(folded.lines().count(), 2);
    assert!(folded.lines().nth(1).unwrap().starts_with("  word"));
}

#[test]
fn long_keys_take_a_question_mark() {
    let key = "k".repeat(129);
    check(&format!(r#"{{"{key}":1}}"#), &format!("? {key}\n: 1\n"));
    check(&format!(r#"{{"{key}":[1,{{"a":2}}]}}"#), &format!("? {key}\n: - 1\n  - a: 2\n"));
}

#[test]
fn what_cannot_be_printed_is_escaped() {
    check(r#""a\tb""#, "\"a\\tb\"\n");
    check("\"\u{1F600}\"", "\"\\U0001F600\"\n");
    check("\"\u{feff}a \"", "\"\\uFEFF\\x61\\x20\"\n");
    check("\"a\u{2028}b\"", "'a\u{2028}  b'\n");
    check("\"\u{a0}ä\"", "\u{a0}ä\n");
}

#[test]
fn documents_are_separated_but_not_framed() {
    let nodes = [Node::from("a"), Node::from("b")];
    assert_eq!(to_yaml_documents(&nodes), "a\n---\nb\n");
    assert_eq!(to_yaml_documents(&[]), "");
}
