//! Hides the values of Secrets without hiding whether they differ.
//!
//! Differences number the values of one object, so that equal values keep one number
//! (`++++++++ (value 1)`); manifests show plain plus signs, as Argo CD does.

use std::collections::HashMap;

use super::apply::LAST_APPLIED_ANNOTATION;
use super::comparison::Difference;
use super::normalize::{fold_string_data, is_secret};
use crate::yaml::{Node, Value, json};

/// What stands for a value.
const MASK: &str = "++++++++";

/// Numbers values in the order in which they are met.
#[derive(Default)]
struct Numbers {
    known: HashMap<String, usize>,
}

/// Hides the values of a Secret on both sides; other kinds are left alone.
pub fn mask_difference(difference: &mut Difference) {
    let mut numbers = Numbers::default();
    for side in [&mut difference.live, &mut difference.predicted].into_iter().flatten() {
        if is_secret(side) {
            mask_secret(side, &mut |value| numbers.mask(value));
        }
    }
}

/// Hides the values of a Secret behind plus signs, all of them under `data` as Argo CD prints
/// them; other kinds are left alone.
pub fn mask_manifest(object: &mut Node) {
    if is_secret(object) {
        if object.get("stringData").is_some() {
            fold_string_data(object);
        }
        mask_secret(object, &mut |_| MASK.into());
    }
}

fn mask_secret(secret: &mut Node, mask: &mut dyn FnMut(&Node) -> Node) {
    for field in ["data", "stringData"] {
        let Some(values) = secret.get_mut(field) else { continue };
        match &mut values.value {
            Value::Mapping(values) => values.iter_mut().for_each(|(_, value)| *value = mask(value)),
            Value::Null => {}
            _ => *values = MASK.into(),
        }
    }
    if secret.annotation(LAST_APPLIED_ANNOTATION).is_some() {
        mask_last_applied(secret, mask);
    }
}

fn mask_last_applied(secret: &mut Node, mask: &mut dyn FnMut(&Node) -> Node) {
    let text = secret.annotation(LAST_APPLIED_ANNOTATION).unwrap_or("");
    let masked = match serde_json::from_str::<Node>(text) {
        Ok(mut applied) => {
            applied.remove(&["metadata", "annotations", LAST_APPLIED_ANNOTATION]);
            mask_secret(&mut applied, mask);
            json::to_json(&applied) + "\n"
        }
        Err(_) => MASK.to_owned(),
    };
    secret.set_annotation(LAST_APPLIED_ANNOTATION, &masked);
}

impl Numbers {
    fn mask(&mut self, value: &Node) -> Node {
        let next = self.known.len() + 1;
        let number = *self.known.entry(json::to_json(value)).or_insert(next);
        format!("{MASK} (value {number})").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_keep_their_values_under_data() {
        let text =
            r#"{"kind":"Secret","apiVersion":"v1","stringData":{"a":"x"},"data":{"b":"eQ=="}}"#;
        let mut object = serde_json::from_str::<Node>(text).unwrap();
        mask_manifest(&mut object);
        assert_eq!(object.str_at(&["data", "a"]), MASK);
        assert_eq!(object.str_at(&["data", "b"]), MASK);
        assert!(object.get("stringData").is_none());
    }

    fn secret(data: &str) -> Node {
        let text = format!(r#"{{"apiVersion":"v1","kind":"Secret","data":{data}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn equal_values_keep_one_number() {
        let mut difference = Difference {
            live: Some(secret(r#"{"a":"eA==","b":"eQ=="}"#)),
            predicted: Some(secret(r#"{"a":"eA==","b":"eg=="}"#)),
        };
        mask_difference(&mut difference);
        let shown =
            |side: &Option<Node>, key| side.as_ref().unwrap().str_at(&["data", key]).to_owned();
        assert_eq!(shown(&difference.live, "a"), "++++++++ (value 1)");
        assert_eq!(shown(&difference.live, "b"), "++++++++ (value 2)");
        assert_eq!(shown(&difference.predicted, "a"), "++++++++ (value 1)");
        assert_eq!(shown(&difference.predicted, "b"), "++++++++ (value 3)");
    }

    #[test]
    fn last_applied_is_masked_too() {
        let mut object = secret("{}");
        let applied = r#"{"kind":"Secret","apiVersion":"v1","stringData":{"a":"hunter2"}}"#;
        object.set_annotation(LAST_APPLIED_ANNOTATION, applied);
        mask_manifest(&mut object);
        let text = object.annotation(LAST_APPLIED_ANNOTATION).unwrap();
        assert!(!text.contains("hunter2") && text.contains(MASK), "{text}");
    }

    #[test]
    fn values_that_are_no_mapping_are_hidden_whole() {
        let mut object = secret(r#""oops""#);
        mask_manifest(&mut object);
        assert_eq!(object.str_at(&["data"]), MASK);
    }
}
