//! Which tool renders a source: the one its options name, else the one its files ask for.
//!
//! Matches Argo CD 3.5: options that are all empty name no tool; without options a `Chart.yaml`
//! means Helm, a kustomization file Kustomize, anything else plain files. Plugins are never
//! discovered, only named.

use super::{RenderError, SourceType};
use crate::model::ApplicationSource;
use crate::render::tree::{EntryKind, ReadTree, TreeError, join};
use crate::yaml::{Node, Value};

/// The names kustomize looks for.
const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
const CHART_FILE: &str = "Chart.yaml";

/// The options of a source and the tools they name.
const TOOLS: [(&str, SourceType); 4] = [
    ("helm", SourceType::Helm),
    ("kustomize", SourceType::Kustomize),
    ("directory", SourceType::Directory),
    ("plugin", SourceType::Plugin),
];

/// The tool for the folder at `path`.
pub fn detect(
    tree: &dyn ReadTree,
    path: &str,
    source: &ApplicationSource,
) -> Result<SourceType, RenderError> {
    if let Some(named) = named(source)? {
        return Ok(named);
    }
    let found = files(tree, path);
    found.map_err(|source| RenderError::Tree { path: path.to_owned(), source })
}

/// The tool that the options of the source name.
pub fn named(source: &ApplicationSource) -> Result<Option<SourceType>, RenderError> {
    let is_set = |name: &str| source.raw.get(name).is_some_and(|options| !is_zero(options));
    let named: Vec<_> = TOOLS.iter().filter(|(name, _)| is_set(name)).collect();
    match named.as_slice() {
        [] => Ok(None),
        [(_, tool)] => Ok(Some(*tool)),
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
            Err(RenderError::SeveralTypes { types: names.join(", ") })
        }
    }
}

fn files(tree: &dyn ReadTree, path: &str) -> Result<SourceType, TreeError> {
    let is_file = |name: &str| {
        let file = join(path, name).unwrap_or_default();
        tree.kind(&file).map(|kind| kind == EntryKind::File)
    };
    if is_file(CHART_FILE)? {
        return Ok(SourceType::Helm);
    }
    for name in KUSTOMIZATION_FILES {
        if is_file(name)? {
            return Ok(SourceType::Kustomize);
        }
    }
    Ok(SourceType::Directory)
}

/// Whether options say nothing: null, false, 0, empty, or made of such.
fn is_zero(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(fields) => fields.iter().all(|(_, field)| is_zero(field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::MemoryTree;

    fn source(json: &str) -> ApplicationSource {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn files_decide_where_options_say_nothing() {
        let check = |files: &[&str], options: &str, want: SourceType| {
            let tree = MemoryTree::new(files.iter().map(|file| (*file, "")));
            let found = detect(&tree, "app", &source(options)).unwrap();
            assert_eq!(found, want, "{files:?} {options}");
        };
        check(&["app/x.yaml"], "{}", SourceType::Directory);
        check(&["app/Kustomization"], "{}", SourceType::Kustomize);
        check(&["app/kustomization.yml"], "{}", SourceType::Kustomize);
        check(&["app/Chart.yaml", "app/kustomization.yaml"], "{}", SourceType::Helm);
        check(&["app/sub/kustomization.yaml"], "{}", SourceType::Directory);
        let zero = r#"{"kustomize":{"images":[]},"directory":{"recurse":false,"jsonnet":{}}}"#;
        check(&["app/x.yaml"], zero, SourceType::Directory);
        let recursive = r#"{"directory":{"recurse":true}}"#;
        check(&["app/kustomization.yaml"], recursive, SourceType::Directory);
        let kustomize = r#"{"kustomize":{"namePrefix":"p-"}}"#;
        check(&["app/Chart.yaml"], kustomize, SourceType::Kustomize);
        check(&["app/x.yaml"], r#"{"plugin":{"name":"x"}}"#, SourceType::Plugin);
    }

    #[test]
    fn options_of_two_tools_are_an_error() {
        let both = source(r#"{"helm":{"releaseName":"x"},"directory":{"recurse":true}}"#);
        let error = named(&both).unwrap_err();
        assert!(error.to_string().contains("helm, directory"), "{error}");
    }
}
