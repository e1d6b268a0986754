//! Walking a resource along a kustomize field path (`spec/template/metadata/labels`): lists on
//! the way are entered, `[]` says that a field must be a list, `\/` is a slash in a name.
//! Missing fields are made when the caller says of what kind. Matches kustomize v5.8.2.

use crate::yaml::{Mapping, Node, Value};

/// What to make of a field that is missing or null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing; the walk ends there.
    Skip,
    /// Maps on the way, and a map at its end.
    CreateMapping,
    /// Maps on the way, and an empty scalar at its end.
    CreateScalar,
}

/// Calls `set` on every node that `path` leads to.
pub(super) fn visit(
    node: &mut Node,
    path: &[&str],
    missing: Missing,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), String> {
    let Some((segment, rest)) = path.split_first() else { return set(node) };
    match &mut node.value {
        Value::Null => Ok(()),
        Value::Sequence(items) => {
            items.iter_mut().try_for_each(|item| visit(item, path, missing, set))
        }
        Value::Mapping(mapping) => match enter(mapping, segment, rest.is_empty(), missing) {
            Some(field) => visit(field, rest, missing, set),
            None => Ok(()),
        },
        _ => Err(format!("`{segment}` is wanted in a field that is neither a map nor a list")),
    }
}

/// The field of that name, made or given its type where `missing` says so.
fn enter<'a>(
    mapping: &'a mut Mapping,
    segment: &str,
    is_last: bool,
    missing: Missing,
) -> Option<&'a mut Node> {
    let name = segment.strip_suffix("[]").unwrap_or(segment);
    if name.len() < segment.len() {
        let field = mapping.get_mut(name)?;
        if field.is_null() {
            field.value = Value::Sequence(Vec::new());
        }
        return Some(field);
    }
    if missing == Missing::Skip {
        return mapping.get_mut(name);
    }
    let field = mapping.entry(name);
    if field.is_null() && !(is_last && missing == Missing::CreateScalar) {
        field.value = Value::Mapping(Mapping::default());
    }
    Some(field)
}

/// Splits a path at its unescaped slashes.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut rest = path.chars().peekable();
    while let Some(letter) = rest.next() {
        match (letter, segments.last_mut()) {
            ('\\', Some(segment)) if rest.peek() == Some(&'/') => {
                segment.extend(rest.next());
            }
            ('/', _) => segments.push(String::new()),
            (_, Some(segment)) => segment.push(letter),
            (_, None) => {}
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, path: &str, missing: Missing, after: &str) {
        let mut node: Node = serde_json::from_str(before).unwrap();
        let segments = split(path);
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let result = visit(&mut node, &segments, missing, &mut |field| {
            if missing == Missing::CreateMapping {
                field.set(&["k"], "v");
            } else {
                *field = "v".into();
            }
            Ok(())
        });
        let text = match result {
            Ok(()) => serde_json::to_string(&node).unwrap(),
            Err(message) => message,
        };
        assert_eq!(text, after, "{before} {path}");
    }

    #[test]
    fn lists_on_the_way_are_entered() {
        check(
            r#"{"a":[{"b":1},{"b":2},{}]}"#,
            "a/b",
            Missing::Skip,
            r#"{"a":[{"b":"v"},{"b":"v"},{}]}"#,
        );
    }

    #[test]
    fn missing_fields_are_made_only_when_asked() {
        check("{}", "a/b", Missing::Skip, "{}");
        check("{}", "a/b", Missing::CreateMapping, r#"{"a":{"b":{"k":"v"}}}"#);
        check(r#"{"a":null}"#, "a/b", Missing::CreateScalar, r#"{"a":{"b":"v"}}"#);
        check(r#"{"a":null}"#, "a/b", Missing::Skip, r#"{"a":null}"#);
    }

    #[test]
    fn a_null_that_must_be_a_list_becomes_an_empty_one() {
        check(r#"{"a":null}"#, "a[]/b", Missing::Skip, r#"{"a":[]}"#);
        check("{}", "a[]/b", Missing::CreateMapping, "{}");
    }

    #[test]
    fn a_scalar_on_the_way_is_an_error() {
        let message = "`b` is wanted in a field that is neither a map nor a list";
        check(r#"{"a":1}"#, "a/b", Missing::Skip, message);
    }

    #[test]
    fn slashes_can_be_escaped() {
        assert_eq!(split(r"metadata/annotations/a.b\/c"), ["metadata", "annotations", "a.b/c"]);
    }
}
