//! Why a use case could not be carried out: a kind for the exit code, a message for the reader,
//! hints that name what to try.

use thiserror::Error;

use crate::ports::{
    ClusterError, ClusterErrorKind, SourceError, SourceErrorKind, StoreError, StoreErrorKind,
};

/// Begins the text of a warning that says what to try.
pub const HINT: &str = "hint: ";

/// What kind of failure a use case met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineErrorKind {
    /// The Application, or something it names, is not there.
    NotFound,
    /// The user may not.
    Permission,
    /// The cluster failed or cannot be reached.
    Cluster,
    /// The repository failed or cannot be reached.
    Source,
    /// The manifests cannot be rendered.
    Render,
    /// The source is of a kind tiphys does not render.
    UnsupportedSource,
    /// `spec` is not valid.
    InvalidSpec,
    /// The project does not allow it.
    Project,
    /// Somebody else works on the Application.
    Locked,
    /// The lock was lost while working.
    LockLost,
    /// Not done in time.
    TimedOut,
    /// Stopped by the user.
    Interrupted,
    /// tiphys will not do this as asked.
    Refused,
    /// The waited-for condition cannot be met any more.
    ConditionFailed,
    /// An invariant of tiphys itself is broken.
    Internal,
}

/// A failure of a use case.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct EngineError {
    /// For the exit code.
    pub kind: EngineErrorKind,
    /// What happened, naming the object.
    pub message: String,
    /// What the user can do.
    pub hints: Vec<String>,
    /// The line of a file that is wrong, with a caret below it; may be empty.
    pub snippet: String,
}

impl EngineError {
    /// A failure of `kind` in the given words.
    pub fn new(kind: EngineErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), snippet: String::new() }
    }

    /// The same with something to try; an empty hint is none.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !hint.is_empty() {
            self.hints.push(hint);
        }
        self
    }

    /// The same with what was attempted put before the message.
    #[must_use]
    pub fn while_doing(mut self, attempt: &str) -> Self {
        self.message = format!("{attempt}: {}", self.message);
        self
    }
}

/// The text of an error and of what caused it, `what: why: why`.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<ClusterError> for EngineError {
    fn from(error: ClusterError) -> Self {
        Self::new(kind_of_cluster_error(error.kind), error.message)
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind {
            StoreErrorKind::NotFound | StoreErrorKind::NotInstalled => EngineErrorKind::NotFound,
            StoreErrorKind::Forbidden => EngineErrorKind::Permission,
            StoreErrorKind::Invalid | StoreErrorKind::Ambiguous => EngineErrorKind::InvalidSpec,
            StoreErrorKind::Unsupported | StoreErrorKind::AlreadyExists => EngineErrorKind::Refused,
            StoreErrorKind::Conflict => EngineErrorKind::Cluster,
            StoreErrorKind::Cluster(kind) => kind_of_cluster_error(kind),
        };
        Self::new(kind, error.message).with_hint(error.hint)
    }
}

impl From<SourceError> for EngineError {
    fn from(error: SourceError) -> Self {
        let kind = match error.kind {
            SourceErrorKind::Interrupted => EngineErrorKind::Interrupted,
            _ => EngineErrorKind::Source,
        };
        Self::new(kind, error.message).with_hint(error.hint)
    }
}

fn kind_of_cluster_error(kind: ClusterErrorKind) -> EngineErrorKind {
    match kind {
        ClusterErrorKind::NotFound => EngineErrorKind::NotFound,
        ClusterErrorKind::Forbidden | ClusterErrorKind::Unauthorized => EngineErrorKind::Permission,
        ClusterErrorKind::Timeout => EngineErrorKind::TimedOut,
        ClusterErrorKind::Config => EngineErrorKind::InvalidSpec,
        _ => EngineErrorKind::Cluster,
    }
}
