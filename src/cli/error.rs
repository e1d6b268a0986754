//! What a command can fail with, and what the user is told: what failed on which object, its
//! causes, and hints with something to try. The kind alone decides the exit code.

use std::io;

use super::exit::Exit;
use crate::engine::error::{EngineError, EngineErrorKind};
use crate::ports::{ClusterError, StoreError};

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The arguments do not make sense together.
    Usage,
    /// Something went wrong on the way: not found, denied, unreachable, cannot render, locked.
    Failed,
    /// The operation ran and did not succeed, or a condition is not met.
    No,
    /// A signal stopped it; which one decides the exit code.
    Interrupted,
}

/// A failed command.
#[derive(Debug)]
pub struct CommandError {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What happened.
    pub cause: anyhow::Error,
    /// What to try.
    pub hints: Vec<String>,
    /// The line of a file that is wrong, with a caret below it; may be empty.
    pub snippet: String,
}

/// What a command's `run` answers.
pub type CommandResult = Result<Exit, CommandError>;

impl CommandError {
    /// A failure of `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let cause = anyhow::Error::msg(message.into());
        Self { kind, cause, hints: Vec::new(), snippet: String::new() }
    }

    /// Arguments that do not make sense together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Something went wrong on the way.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// The answer is no.
    pub fn no(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::No, message)
    }

    /// Adds something to try; an empty hint is none.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !hint.is_empty() {
            self.hints.push(hint);
        }
        self
    }

    /// The same with the line of a file that is wrong.
    #[must_use]
    pub fn snippet(mut self, snippet: impl Into<String>) -> Self {
        self.snippet = snippet.into();
        self
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::Failed => Exit::Error,
            ErrorKind::No => Exit::No,
            ErrorKind::Interrupted => Exit::Interrupted,
        }
    }

    /// The lines for stderr.
    pub fn report(&self) -> Vec<String> {
        let mut lines = vec![format!("error: {}", self.cause)];
        let causes: Vec<_> = self.cause.chain().skip(1).collect();
        for (number, cause) in causes.iter().enumerate() {
            lines.push(format!("  {}: {cause}", number + 1));
        }
        lines.extend(self.snippet.lines().map(str::to_owned));
        lines.extend(self.hints.iter().map(|hint| format!("hint: {hint}")));
        lines
    }
}

impl From<EngineError> for CommandError {
    fn from(error: EngineError) -> Self {
        let kind = match error.kind {
            EngineErrorKind::Interrupted => ErrorKind::Interrupted,
            EngineErrorKind::ConditionFailed => ErrorKind::No,
            _ => ErrorKind::Failed,
        };
        Self {
            kind,
            cause: anyhow::Error::msg(error.message),
            hints: error.hints,
            snippet: error.snippet,
        }
    }
}

impl From<ClusterError> for CommandError {
    fn from(error: ClusterError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}

impl From<io::Error> for CommandError {
    /// Failures of stdout; other files carry their path in the message.
    fn from(error: io::Error) -> Self {
        let cause = anyhow::Error::new(error).context("cannot write to stdout");
        Self { kind: ErrorKind::Failed, cause, hints: Vec::new(), snippet: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_numbered_and_hints_come_last() {
        let cause = anyhow::Error::msg("connection refused").context("cannot reach the server");
        let error = CommandError { cause, ..CommandError::failed("").snippet("1 | a: [") }
            .hint("try later");
        assert_eq!(
            error.report(),
            [
                "error: cannot reach the server",
                "  1: connection refused",
                "1 | a: [",
                "hint: try later"
            ]
        );
        assert_eq!(error.exit().code(), 20);
    }
}
