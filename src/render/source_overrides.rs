//! Files in the source that change its own options: `.argocd-source.yaml`, then
//! `.argocd-source-<application>.yaml`, merge-patched over the source one after the other.
//!
//! Matches Argo CD 3.5: what identifies the source (repository, path, revision, chart) stays as
//! the Application has it, whatever the files say.

use super::RenderError;
use crate::model::ApplicationSource;
use crate::render::tree::{EntryKind, ReadTree, TreeError, join};
use crate::yaml::{FileId, Mapping, Node, ReadOptions, Value, read_one};

/// Applies to every application rendered from the folder.
pub const OVERRIDES_FILE: &str = ".argocd-source.yaml";
const IDENTITY: [&str; 4] = ["repoURL", "path", "targetRevision", "chart"];

/// The file that applies to one application.
fn application_file(application_name: &str) -> String {
    format!(".argocd-source-{application_name}.yaml")
}

/// Whether a file of this name holds overrides of a source rather than manifests.
#[must_use]
pub fn is_overrides_file(name: &str) -> bool {
    let of_application = name.strip_prefix(".argocd-source-");
    name == OVERRIDES_FILE
        || of_application.is_some_and(|rest| rest.strip_suffix(".yaml").is_some())
}

/// The source with the overrides in the folder at `path` merged in. Warnings are added to
/// `warnings`.
pub fn apply(
    tree: &dyn ReadTree,
    path: &str,
    application_name: &str,
    source: &ApplicationSource,
    warnings: &mut Vec<String>,
) -> Result<ApplicationSource, RenderError> {
    let mut raw = source.raw.clone();
    let mut names = vec![OVERRIDES_FILE.to_owned()];
    // A name with a slash would lead to another folder.
    if !application_name.is_empty() && !application_name.contains('/') {
        names.push(application_file(application_name));
    }
    for name in names {
        let file = join(path, &name).unwrap_or_default();
        let Some(text) = read(tree, &file)? else { continue };
        let options = ReadOptions::manifests(FileId::NONE, &file);
        let (patch, found) =
            read_one(&text, &options).map_err(|error| RenderError::Yaml(Box::new(error)))?;
        warnings.extend(found.into_iter().map(|warning| warning.message));
        if patch.is_null() {
            continue;
        }
        if patch.as_mapping().is_none() {
            return Err(RenderError::Overrides {
                file,
                problem: "it must be a mapping".to_owned(),
            });
        }
        merge_patch(&mut raw, &patch);
        restore_identity(&mut raw, source, &file, warnings);
        // Each file is judged by itself, so that the message names the right one.
        let merged = ApplicationSource::try_from(raw.clone());
        merged.map_err(|error| RenderError::Overrides { file, problem: error.to_string() })?;
    }
    ApplicationSource::try_from(raw).map_err(|error| RenderError::Overrides {
        file: path.to_owned(),
        problem: error.to_string(),
    })
}

fn read(tree: &dyn ReadTree, file: &str) -> Result<Option<String>, RenderError> {
    let fail = |source: TreeError| RenderError::Tree { path: file.to_owned(), source };
    if tree.kind(file).map_err(fail)? != EntryKind::File {
        return Ok(None);
    }
    let bytes = tree.read(file).map_err(fail)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn restore_identity(
    raw: &mut Node,
    source: &ApplicationSource,
    file: &str,
    warnings: &mut Vec<String>,
) {
    for field in IDENTITY {
        let own = source.raw.get(field);
        if raw.get(field) == own {
            continue;
        }
        warnings.push(format!("{file}: {field} cannot be changed here and is ignored"));
        match own {
            Some(own) => raw.set(&[field], own.clone()),
            None => drop(raw.remove(&[field])),
        }
    }
}

/// RFC 7386: null takes out, maps merge, everything else replaces.
fn merge_patch(target: &mut Node, patch: &Node) {
    let Some(fields) = patch.as_mapping() else {
        *target = patch.clone();
        return;
    };
    if target.as_mapping().is_none() {
        target.value = Value::Mapping(Mapping::default());
    }
    let Some(target) = target.as_mapping_mut() else { return };
    for (key, value) in fields.iter() {
        if value.is_null() {
            target.remove(key);
        } else {
            merge_patch(target.entry(key), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::MemoryTree;

    fn check(files: &[(&str, &str)], want: &str, want_warnings: &[&str]) {
        let source =
            r#"{"repoURL":"r","path":"app","kustomize":{"namePrefix":"a-","images":["x"]}}"#;
        let source: ApplicationSource = serde_json::from_str(source).unwrap();
        let tree = MemoryTree::new(files.iter().copied());
        let mut warnings = Vec::new();
        let merged = apply(&tree, "app", "web", &source, &mut warnings).unwrap();
        let want: ApplicationSource = serde_json::from_str(want).unwrap();
        assert_eq!(merged.raw, want.raw);
        assert_eq!(merged.kustomize.is_some(), want.kustomize.is_some());
        assert_eq!(warnings, want_warnings);
    }

    #[test]
    fn the_common_file_comes_before_the_applications() {
        check(
            &[
                ("app/.argocd-source.yaml", "kustomize: {namePrefix: b-, nameSuffix: -s}"),
                ("app/.argocd-source-web.yaml", "kustomize:\n  namePrefix: c-\n  images: null"),
                ("app/.argocd-source-api.yaml", "kustomize: {namePrefix: d-}"),
            ],
            r#"{"repoURL":"r","path":"app","kustomize":{"namePrefix":"c-","nameSuffix":"-s"}}"#,
            &[],
        );
    }

    #[test]
    fn the_identity_of_a_source_cannot_be_changed() {
        check(
            &[("app/.argocd-source.yaml", "repoURL: other\ntargetRevision: x\nkustomize: null")],
            r#"{"repoURL":"r","path":"app"}"#,
            &[
                "app/.argocd-source.yaml: repoURL cannot be changed here and is ignored",
                "app/.argocd-source.yaml: targetRevision cannot be changed here and is ignored",
            ],
        );
    }

    #[test]
    fn broken_overrides_name_their_file() {
        let check = |text: &str| {
            let tree = MemoryTree::new([(".argocd-source.yaml", text)]);
            let error = apply(&tree, "", "web", &ApplicationSource::default(), &mut Vec::new());
            let error = error.unwrap_err().to_string();
            assert!(error.contains(".argocd-source.yaml"), "{error}");
        };
        check("- a");
        check("kustomize: 5");
        check("a: [");
    }
}
