//! Typed configuration: the program's own settings and files like a kubeconfig, through serde.
//!
//! The only file that names serde_yaml. Manifests never come this way: they keep their positions
//! and Go's scalar rules in [`read`](super::read).

use serde::de::DeserializeOwned;

use super::error::{YamlError, YamlErrorKind};
use super::node::Text;

/// Reads a typed model from `text`; duplicate keys are errors.
///
/// # Errors
/// When the text is not YAML or does not fit the model, with the place when it is known.
pub fn from_str<T: DeserializeOwned>(text: &str, file_name: &Text) -> Result<T, YamlError> {
    serde_yaml::from_str(text).map_err(|error| describe(&error, text).in_file(file_name))
}

fn describe(error: &serde_yaml::Error, text: &str) -> YamlError {
    let error = error.without_snippet();
    let full = error.to_string();
    let Some(location) = error.location() else {
        return YamlError::new(YamlErrorKind::Model, full);
    };
    let (line, column) = (location.line(), location.column());
    // The library repeats the place at the end of its message.
    let place = format!(" at line {line}, column {column}");
    let message = full.strip_suffix(&place).unwrap_or(&full);
    let as_index = |number: u64| usize::try_from(number).unwrap_or(0);
    YamlError::new(YamlErrorKind::Model, message).at(text, as_index(line), as_index(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        name: String,
        count: u32,
    }

    fn read(text: &str) -> Result<Settings, YamlError> {
        from_str(text, &"config.yaml".into())
    }

    #[test]
    fn a_typed_model_is_read() {
        let want = Settings { name: "yes".to_owned(), count: 3 };
        assert_eq!(read("name: yes\ncount: 3\n").unwrap(), want);
    }

    #[test]
    fn an_error_names_file_line_and_column() {
        let error = read("name: a\ncount: many\n").unwrap_err();
        assert!(error.to_string().starts_with("config.yaml:2:8: "), "{error}");
        assert!(!error.message.contains("line 2"), "{error}");
        assert!(read("name: a\nname: b\ncount: 1\n").is_err());
        assert!(read("name: a\ncount: 1\nother: 1\n").is_err());
    }
}
