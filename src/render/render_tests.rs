use super::*;
use crate::render::tree::MemoryTree;

fn rendered(files: &[(&str, &str)], source: &str) -> Result<Rendered, RenderError> {
    render(&RenderRequest {
        tree: &MemoryTree::new(files.iter().copied()),
        source: &serde_json::from_str(source).unwrap(),
        source_index: 3,
        application_name: "web",
        build_env: &BuildEnv::default(),
        limits: RenderLimits::default(),
    })
}

#[test]
fn sources_that_cannot_be_rendered_say_why() {
    let check = |files: &[(&str, &str)], source: &str, want: &str| {
        let error = rendered(files, source).unwrap_err().to_string();
        assert!(error.starts_with(want), "{source}: {error}");
    };
    let files = [("app/a.yaml", ""), ("chart/Chart.yaml", "")];
    check(&files, r#"{"path":"gone"}"#, "gone: app path does not exist");
    check(&files, r#"{"path":"app/a.yaml"}"#, "app/a.yaml: app path is not a directory");
    check(&files, r#"{"path":"/app"}"#, "/app: app path is absolute");
    check(&files, r#"{"path":"app/../.."}"#, "app/../..: app path outside root");
    check(&files, r#"{"path":"chart"}"#, "chart: Helm charts cannot be rendered yet");
    check(&files, r#"{"chart":"nginx"}"#, "nginx: Helm charts");
    check(&files, r#"{"repoURL":"oci://x/y","path":"."}"#, "oci://x/y: Helm charts");
    check(&files, r#"{"path":"app","plugin":{"name":"x"}}"#, "app: sources of config management");
    let both = r#"{"path":"app","plugin":{"name":"x"},"helm":{"releaseName":"y"}}"#;
    check(&files, both, "multiple application sources defined: helm, plugin");
}

#[test]
fn objects_without_identity_are_named_by_file_and_line() {
    let check = |text: &str, want: &str| {
        let error = rendered(&[("a.yaml", text)], r#"{"path":"."}"#).unwrap_err();
        assert_eq!(error.to_string(), want);
    };
    check("kind: A\nmetadata: {name: x}", "a.yaml:1: apiVersion is missing (A x)");
    check("# c\napiVersion: v1\nmetadata: {name: x}", "a.yaml:2: kind is missing (x)");
    check("apiVersion: v1\nkind: A", "a.yaml:1: metadata.name is missing (A)");
    check(
        "apiVersion: v1\nkind: A\nmetadata: {name: 5}",
        "a.yaml:1: metadata.name must be a string; put it in quotes (A)",
    );
    check(
        "apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\n- b",
        "a.yaml:5: a Kubernetes object must be a mapping",
    );
    check(
        "apiVersion: v1\nkind: List\nitems:\n- kind: A\n  metadata: {name: x}",
        "a.yaml:4: apiVersion is missing (A x)",
    );
}

#[test]
fn lists_become_their_items_and_duplicates_stay() {
    let list = "apiVersion: v1\nkind: List\nitems:\n\
                - {apiVersion: v1, kind: A, metadata: {name: x}}\n\
                - apiVersion: v1\n  kind: BList\n  items:\n  \
                - {apiVersion: v1, kind: B, metadata: {generateName: y-}}\n---\n\
                apiVersion: v1\nkind: A\nmetadata: {name: x}\n---\n\
                apiVersion: v1\nkind: AccessList\nmetadata: {name: z}\n";
    let rendered = rendered(&[("a.yaml", list)], r#"{"path":"."}"#).unwrap();
    let found: Vec<_> = rendered
        .manifests
        .iter()
        .map(|m| (m.root.kind(), m.origin.source_index, m.origin.position.line))
        .collect();
    assert_eq!(found, [("A", 3, 4), ("B", 3, 8), ("A", 3, 10), ("AccessList", 3, 14)]);
    assert_eq!(rendered.source_type, SourceType::Directory);
}

#[test]
fn a_source_that_is_only_referred_to_renders_to_nothing() {
    let rendered = rendered(&[], r#"{"repoURL":"r","ref":"values"}"#).unwrap();
    assert!(rendered.manifests.is_empty());
}

#[test]
fn overrides_in_the_repository_change_the_options() {
    let object = "apiVersion: v1\nkind: A\nmetadata: {name: x}\n";
    let files =
        [("app/.argocd-source-web.yaml", "directory: {recurse: true}"), ("app/sub/a.yaml", object)];
    let rendered = rendered(&files, r#"{"path":"app"}"#).unwrap();
    assert_eq!(rendered.manifests.len(), 1);
}

#[test]
fn a_kustomization_is_built_with_the_options_of_the_source() {
    let files = [
        ("app/kustomization.yaml", "resources: [a.yaml]"),
        ("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}"),
    ];
    let source = r#"{"path":"app","kustomize":{"namePrefix":"p-","commonAnnotations":{"a":"b"}}}"#;
    let rendered = rendered(&files, source).unwrap();
    let [manifest] = &rendered.manifests[..] else { panic!("one object") };
    assert_eq!(manifest.root.name(), "p-x");
    assert_eq!(manifest.root.annotation("a"), Some("b"));
    assert_eq!(manifest.origin.source_index, 3);
    assert_eq!(rendered.files.describe(manifest.origin.position), "app/a.yaml:1");
    assert_eq!(rendered.source_type, SourceType::Kustomize);
}

#[test]
fn a_broken_kustomization_keeps_its_cause() {
    let files = [("app/kustomization.yaml", "resources: [gone.yaml]")];
    let error = rendered(&files, r#"{"path":"app"}"#).unwrap_err();
    assert_eq!(error.to_string(), "cannot build the kustomization in app");
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert!(cause.is_some_and(|cause| cause.contains("gone.yaml")));
}

/// A tree in which everything below the root is a link that leads nowhere good.
struct Links;

impl ReadTree for Links {
    fn read(&self, path: &str) -> Result<std::sync::Arc<[u8]>, TreeError> {
        Err(TreeError::Escapes { path: path.to_owned() })
    }

    fn kind(&self, path: &str) -> Result<EntryKind, TreeError> {
        match path {
            "" => Ok(EntryKind::Directory),
            "loop" => Err(TreeError::LinkLoop { path: path.to_owned() }),
            "out" => Err(TreeError::Escapes { path: path.to_owned() }),
            _ => Ok(EntryKind::Missing),
        }
    }

    fn list(&self, _path: &str) -> Result<Vec<tree::TreeEntry>, TreeError> {
        Ok(vec![tree::TreeEntry { name: "a.yaml".to_owned(), kind: EntryKind::File }])
    }
}

#[test]
fn links_that_leave_the_repository_or_go_in_circles_are_errors() {
    let check = |path: &str, want: &str| {
        let source = format!(r#"{{"path":"{path}"}}"#);
        let request = RenderRequest {
            tree: &Links,
            source: &serde_json::from_str(&source).unwrap(),
            source_index: 0,
            application_name: "web",
            build_env: &BuildEnv::default(),
            limits: RenderLimits::default(),
        };
        let error = render(&request).unwrap_err();
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        assert_eq!(format!("{error}{}", cause.unwrap_or_default()), want);
    };
    check("out", "out: app path outside root");
    check("loop", "cannot read loop: loop: too many levels of symbolic links");
    check(".", "cannot read a.yaml: a.yaml: leads out of the repository");
}
