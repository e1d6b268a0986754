//! Requests as values: verb, path, query, body. Built here, sent by `transport`.

use http::Method;

use crate::model::ApiResource;
use crate::ports::{ClusterError, ClusterErrorKind, Content};

/// Answers as whole objects.
const ACCEPT_FULL: &str = "application/json";
/// Lists with apiVersion, kind and metadata alone.
const ACCEPT_METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/// Watch events with apiVersion, kind and metadata alone.
const ACCEPT_METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// One HTTP request to an API server.
#[derive(Clone, Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    /// Path and query, from the root of the server.
    pub(super) path_and_query: String,
    pub(super) accept: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) repetition: Repetition,
}

/// Whether a request may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repetition {
    /// Once or twice makes no difference.
    Harmless,
    /// Twice would be wrong: it is repeated only when the server says it did nothing.
    OnlyIfRefused,
}

impl ApiRequest {
    /// A request without body.
    pub(super) fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path_and_query: path,
            accept: ACCEPT_FULL,
            content_type: "",
            body: Vec::new(),
            repetition: Repetition::Harmless,
        }
    }

    /// A request with a body.
    pub(super) fn with_body(
        method: Method,
        path: String,
        content_type: &'static str,
        body: Vec<u8>,
        repetition: Repetition,
    ) -> Self {
        Self { method, content_type, body, repetition, ..Self::get(path) }
    }

    /// The same request with other kinds of answers.
    pub(super) fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

/// The `Accept` header of a list.
pub(super) fn accept_list(content: Content) -> &'static str {
    match content {
        Content::Full => ACCEPT_FULL,
        Content::MetadataOnly => ACCEPT_METADATA_LIST,
    }
}

/// The `Accept` header of a watch.
pub(super) fn accept_watch(content: Content) -> &'static str {
    match content {
        Content::Full => ACCEPT_FULL,
        Content::MetadataOnly => ACCEPT_METADATA,
    }
}

/// Refuses a name that would point to something else: the server decodes a path before it splits
/// it, so that `web/status` would be a part of `web`.
fn check_segment(resource: &ApiResource, text: &str) -> Result<(), ClusterError> {
    if !matches!(text, "." | "..") && !text.contains(['/', '%']) {
        return Ok(());
    }
    let message = format!(
        "{} \"{text}\": not a valid name or namespace: it must not be . or .. or contain / or %",
        resource.kind
    );
    Err(ClusterError::new(ClusterErrorKind::Invalid, message))
}

/// The path of a collection; an empty namespace means all namespaces, or none.
pub(super) fn collection_path(resource: &ApiResource, namespace: &str) -> String {
    let mut path = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    if resource.is_namespaced() && !namespace.is_empty() {
        path.push_str("/namespaces/");
        push_encoded(&mut path, namespace);
    }
    path.push('/');
    path.push_str(&resource.plural);
    path
}

/// The path of one object.
///
/// # Errors
/// For a name or namespace that would point to something else. Without a name, or without a namespace for a namespaced kind: such a path would mean the
/// whole collection, which a DELETE must never reach.
pub(super) fn object_path(
    resource: &ApiResource,
    namespace: &str,
    name: &str,
) -> Result<String, ClusterError> {
    if name.is_empty() || (resource.is_namespaced() && namespace.is_empty()) {
        let missing = if name.is_empty() { "name" } else { "namespace" };
        let message = format!("{} \"{name}\" has no {missing}", resource.kind);
        return Err(ClusterError::new(ClusterErrorKind::Invalid, message));
    }
    check_segment(resource, name)?;
    check_segment(resource, namespace)?;
    let mut path = collection_path(resource, namespace);
    path.push('/');
    push_encoded(&mut path, name);
    Ok(path)
}

/// Appends `?a=b&c=d`; pairs with an empty value are left out.
pub(super) fn with_query(mut path: String, pairs: &[(&str, &str)]) -> String {
    let mut separator = '?';
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        path.push(separator);
        path.push_str(key);
        path.push('=');
        push_encoded(&mut path, value);
        separator = '&';
    }
    path
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn push_encoded(path: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            path.push('%');
            path.push(char::from(DIGITS[usize::from(byte >> 4)]));
            path.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    #[test]
    fn paths_follow_group_and_scope() {
        let check = |resource: &ApiResource, namespace: &str, name: &str, path: &str| {
            assert_eq!(object_path(resource, namespace, name).unwrap(), path);
        };
        check(&resources::config_maps(), "a", "b", "/api/v1/namespaces/a/configmaps/b");
        check(&resources::namespaces(), "", "b", "/api/v1/namespaces/b");
        check(
            &resources::applications(),
            "argocd",
            "web",
            "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/web",
        );
        check(&resources::namespaces(), "", "system:x y", "/api/v1/namespaces/system%3Ax%20y");
    }

    #[test]
    fn an_object_path_never_names_a_collection() {
        assert!(object_path(&resources::config_maps(), "a", "").is_err());
        assert!(object_path(&resources::config_maps(), "", "a").is_err());
    }

    #[test]
    fn an_object_path_never_names_a_part_or_another_object() {
        for (namespace, name) in
            [("a", "web/status"), ("a", "web%2Fstatus"), ("..", "a"), ("a", ".")]
        {
            assert!(object_path(&resources::config_maps(), namespace, name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_query_leaves_out_what_is_empty() {
        let path = with_query("/x".to_owned(), &[("a", ""), ("b", "k in (v)"), ("c", "1")]);
        assert_eq!(path, "/x?b=k%20in%20%28v%29&c=1");
    }
}
