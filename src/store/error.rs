//! A cluster's refusals in terms of Applications and projects. "Not found", "not installed" and
//! "not allowed" are different messages.

use crate::ports::{ClusterError, ClusterErrorKind, StoreError, StoreErrorKind};

/// What says how to install the custom resources.
const INSTALL_HINT: &str = "run `tiphys admin install` to install Argo CD's custom resources";

/// What was attempted, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    /// The API verb: `get`, `list`, `create`, `patch`, `delete`.
    pub(super) verb: &'static str,
    /// What a user calls one of them.
    pub(super) singular: &'static str,
    /// The plural in the API.
    pub(super) plural: &'static str,
    /// The namespace, `""` for all.
    pub(super) namespace: &'a str,
    /// The name, `""` for a collection.
    pub(super) name: &'a str,
    /// Who asks, as far as the kubeconfig knows.
    pub(super) user: &'a str,
}

impl Attempt<'_> {
    /// The store's error for a cluster's error.
    pub(super) fn failed(&self, error: ClusterError) -> StoreError {
        let object = self.object();
        let (kind, message, hint) = match error.kind {
            ClusterErrorKind::NotFound if self.verb == "create" => {
                (StoreErrorKind::NotFound, format!("cannot create {object}: {error}"), "")
            }
            ClusterErrorKind::NotFound => {
                (StoreErrorKind::NotFound, format!("{object} not found"), "")
            }
            ClusterErrorKind::UnknownKind => {
                let message =
                    format!("this cluster lacks Argo CD's custom resources ({})", self.plural);
                (StoreErrorKind::NotInstalled, message, INSTALL_HINT)
            }
            ClusterErrorKind::Forbidden => (StoreErrorKind::Forbidden, self.denied(&error), ""),
            ClusterErrorKind::Conflict => {
                let message = format!("{object} was changed by somebody else at the same time");
                (StoreErrorKind::Conflict, message, "")
            }
            ClusterErrorKind::AlreadyExists => {
                (StoreErrorKind::AlreadyExists, format!("{object} already exists"), "")
            }
            ClusterErrorKind::Invalid => (StoreErrorKind::Invalid, error.message, ""),
            other => (StoreErrorKind::Cluster(other), error.message, ""),
        };
        StoreError { kind, message, hint: hint.to_owned() }
    }

    /// The error for an object that is not there.
    pub(super) fn not_found(&self) -> StoreError {
        new(StoreErrorKind::NotFound, format!("{} not found", self.object()))
    }

    /// The error for an object with a field of the wrong type.
    pub(super) fn unreadable(&self, cause: &serde_json::Error) -> StoreError {
        new(StoreErrorKind::Invalid, format!("{} cannot be read: {cause}", self.object()))
    }

    fn object(&self) -> String {
        match (self.namespace, self.name) {
            (_, "") => self.plural.to_owned(),
            ("", name) => format!("{} '{name}'", self.singular),
            (namespace, name) => format!("{} '{namespace}/{name}'", self.singular),
        }
    }

    /// Admission refuses with the same code as authorisation: only the words tell.
    fn denied(&self, error: &ClusterError) -> String {
        let Some((_, after)) = error.message.split_once("User \"") else {
            return format!("cannot {} {}: {error}", self.verb, self.object());
        };
        let user = match after.split_once('"') {
            Some((user, _)) if !user.is_empty() => user,
            _ => self.user,
        };
        let place = match self.namespace {
            "" => "in all namespaces".to_owned(),
            namespace => format!("in namespace {namespace}"),
        };
        format!("not allowed to {} {} {place} as {user}", self.verb, self.plural)
    }
}

/// An error without a hint.
pub(super) fn new(kind: StoreErrorKind, message: impl Into<String>) -> StoreError {
    StoreError { kind, message: message.into(), hint: String::new() }
}

/// A failure that is the cluster's, in its own words.
pub(super) fn from_cluster(error: ClusterError) -> StoreError {
    new(StoreErrorKind::Cluster(error.kind), error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ClusterErrorKind, words: &str, expected: StoreErrorKind, message: &str) {
        let attempt = Attempt {
            verb: "get",
            singular: "application",
            plural: "applications",
            namespace: "argocd",
            name: "web",
            user: "me",
        };
        let error = attempt.failed(ClusterError::new(kind, words));
        assert_eq!((error.kind, error.message.as_str()), (expected, message));
    }

    #[test]
    fn each_refusal_has_its_own_words() {
        check(
            ClusterErrorKind::NotFound,
            "applications.argoproj.io \"web\" not found",
            StoreErrorKind::NotFound,
            "application 'argocd/web' not found",
        );
        check(
            ClusterErrorKind::Forbidden,
            "applications.argoproj.io \"web\" is forbidden: User \"limited\" cannot get resource",
            StoreErrorKind::Forbidden,
            "not allowed to get applications in namespace argocd as limited",
        );
        check(
            ClusterErrorKind::Forbidden,
            "exceeded quota: objects",
            StoreErrorKind::Forbidden,
            "cannot get application 'argocd/web': exceeded quota: objects",
        );
        check(
            ClusterErrorKind::UnknownKind,
            "404",
            StoreErrorKind::NotInstalled,
            "this cluster lacks Argo CD's custom resources (applications)",
        );
        check(
            ClusterErrorKind::Timeout,
            "no answer",
            StoreErrorKind::Cluster(ClusterErrorKind::Timeout),
            "no answer",
        );
    }
}
