//! Application and AppProject documents out of the text of a file (`-f FILE`).
//!
//! The caller reads the bytes. Status, operation and server-made metadata in the text do not
//! count: they were the state of some cluster when the file was written.

use super::error::new;
use crate::cluster::argocd_namespace::DEFAULT_NAMESPACE;
use crate::model::{AppProject, Application};
use crate::ports::{StoreError, StoreErrorKind};
use crate::yaml::{Document, Node, ReadOptions, SourceMap, YamlError, read_documents};

/// The group of Argo CD's kinds; any version is read as `v1alpha1`.
const GROUP: &str = "argoproj.io";
/// Metadata that only a server writes.
const SERVER_METADATA: [&str; 6] = [
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
];

/// What a file holds for one Application.
#[derive(Clone, Debug)]
pub struct FileDocuments {
    /// The name of the file, for messages.
    pub file_name: String,
    /// The Application; its namespace is `argocd` unless the file says otherwise.
    pub application: Application,
    /// The AppProjects beside it.
    pub projects: Vec<AppProject>,
}

/// Reads the Application called `name`, or the only one, and all AppProjects of a text.
pub fn read_file(
    text: &str,
    file_name: &str,
    name: Option<&str>,
) -> Result<FileDocuments, StoreError> {
    let file = SourceMap::default().add(file_name);
    let (documents, warnings) = read_documents(text, &ReadOptions::manifests(file, file_name))
        .map_err(|error| broken_yaml(&error))?;
    for warning in warnings {
        tracing::warn!("{}", warning.message);
    }
    let of_kind = |kind: &str| {
        let ours = documents.iter().filter(|d| d.root.group() == GROUP && d.root.kind() == kind);
        ours.collect::<Vec<_>>()
    };
    let chosen = choose(&of_kind("Application"), file_name, name)?;
    let application = Application::from_node(cleaned(&chosen.root))
        .map_err(|cause| unreadable(file_name, chosen, &cause))?;
    let projects = of_kind("AppProject")
        .into_iter()
        .map(|document| {
            AppProject::from_node(cleaned(&document.root))
                .map_err(|cause| unreadable(file_name, document, &cause))
        })
        .collect::<Result<_, _>>()?;
    Ok(FileDocuments { file_name: file_name.to_owned(), application, projects })
}

fn choose<'a>(
    applications: &[&'a Document],
    file_name: &str,
    name: Option<&str>,
) -> Result<&'a Document, StoreError> {
    if let Some(nameless) = applications.iter().find(|d| d.root.name().is_empty()) {
        let place = place(file_name, nameless);
        return Err(invalid(format!("{place}: Application without metadata.name")));
    }
    let matching: Vec<&&Document> =
        applications.iter().filter(|d| name.is_none_or(|name| d.root.name() == name)).collect();
    let names: Vec<&str> = applications.iter().map(|d| d.root.name()).collect();
    match (matching.as_slice(), name) {
        ([only], _) => Ok(only),
        ([], None) => Err(invalid(format!("{file_name} holds no Application"))),
        ([], Some(name)) => Err(new(
            StoreErrorKind::NotFound,
            format!("{file_name} holds no Application \"{name}\", but: {}", list(&names)),
        )),
        (_, None) => Err(StoreError {
            kind: StoreErrorKind::Ambiguous,
            message: format!("{file_name} holds several Applications: {}", list(&names)),
            hint: "name the one you mean before `-f`".to_owned(),
        }),
        ([_, second, ..], Some(name)) => {
            let place = place(file_name, second);
            Err(invalid(format!("{place}: Application \"{name}\" is there twice")))
        }
    }
}

fn cleaned(document: &Node) -> Node {
    let mut node = document.clone();
    for key in ["status", "operation", "inventory"] {
        node.remove(&[key]);
    }
    for key in SERVER_METADATA {
        node.remove(&["metadata", key]);
    }
    if node.namespace().is_empty() {
        node.set(&["metadata", "namespace"], DEFAULT_NAMESPACE);
    }
    node
}

fn broken_yaml(error: &YamlError) -> StoreError {
    let snippet = error.snippet();
    let message =
        if snippet.is_empty() { error.to_string() } else { format!("{error}\n{snippet}") };
    invalid(message)
}

fn unreadable(file_name: &str, document: &Document, cause: &serde_json::Error) -> StoreError {
    let place = place(file_name, document);
    let (kind, name) = (document.root.kind(), document.root.name());
    invalid(format!("{place}: {kind} \"{name}\" cannot be read: {cause}"))
}

fn place(file_name: &str, document: &Document) -> String {
    format!("{file_name}:{}", document.root.position.line)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn invalid(message: String) -> StoreError {
    new(StoreErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(name: &str) -> String {
        format!("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\n")
    }

    fn refused(text: &str, name: Option<&str>, message: &str) {
        let error = read_file(text, "apps.yaml", name).unwrap_err();
        assert_eq!(error.message, message);
    }

    #[test]
    fn the_only_application_needs_no_name() {
        let text = format!(
            "{}---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {{name: shop}}\n\
             ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: other}}\n",
            application("web")
        );
        let read = read_file(&text, "apps.yaml", None).unwrap();
        assert_eq!(read.application.name().to_string(), "argocd/web");
        assert_eq!(read.projects[0].name(), "shop");
    }

    #[test]
    fn of_several_applications_one_must_be_named() {
        let text = format!("{}---\n{}", application("web"), application("api"));
        refused(&text, None, "apps.yaml holds several Applications: web, api");
        refused(&text, Some("db"), "apps.yaml holds no Application \"db\", but: web, api");
        let read = read_file(&text, "apps.yaml", Some("api")).unwrap();
        assert_eq!(read.application.name().name, "api");
    }

    #[test]
    fn a_file_without_an_application_is_refused() {
        refused("kind: Pod", None, "apps.yaml holds no Application");
        let nameless = "apiVersion: argoproj.io/v1alpha1\nkind: Application";
        refused(nameless, None, "apps.yaml:1: Application without metadata.name");
        let twice = format!("{}---\n{}", application("web"), application("web"));
        refused(&twice, Some("web"), "apps.yaml:5: Application \"web\" is there twice");
    }

    #[test]
    fn a_state_written_to_the_file_does_not_count() {
        let text = "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: team, resourceVersion: '7', uid: u}
status: {sync: {status: Synced}}
operation: {}
";
        let application = read_file(text, "apps.yaml", None).unwrap().application;
        assert_eq!(application.name().to_string(), "team/web");
        assert_eq!(application.raw.resource_version(), "");
        assert!(application.raw.get("status").is_none() && application.operation.is_none());
    }

    #[test]
    fn mistakes_name_file_and_line() {
        let text = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n\
                    spec: {source: 3}\n";
        let error = read_file(text, "apps.yaml", None).unwrap_err();
        assert!(error.message.starts_with("apps.yaml:1: Application \"web\" cannot be read: "));
        let broken = read_file("a: [", "apps.yaml", None).unwrap_err();
        assert!(broken.message.starts_with("apps.yaml:1:"), "{broken}");
    }
}
