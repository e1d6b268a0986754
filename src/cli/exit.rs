//! Exit codes: one list for the program, README, man pages and tests.

use std::process::ExitCode;

/// What the process answers its caller. The numbers are argocd's where scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or no difference.
    Done,
    /// The answer is no.
    No,
    /// Wrong usage.
    Usage,
    /// Updates are pending.
    UpdatesPending,
    /// Something failed.
    Error,
    /// Stopped by SIGINT.
    Interrupted,
    /// Stopped by SIGTERM.
    Terminated,
    /// A code the user chose (`--diff-exit-code`).
    Chosen(u8),
}

/// Every fixed code with its meaning, in the words of README and man pages.
pub const EXIT_CODES: &[(Exit, &str)] = &[
    (Exit::Done, "done, or no difference"),
    (
        Exit::No,
        "the answer is no: difference found, operation or hook failed, pruning required, \
         condition not met",
    ),
    (Exit::Usage, "wrong usage: unknown flag, missing argument"),
    (Exit::UpdatesPending, "updates are pending (`image … --check`)"),
    (Exit::Error, "error: not found, denied, unreachable, cannot render, locked, timed out"),
    (Exit::Interrupted, "interrupted by SIGINT (Ctrl-C)"),
    (Exit::Terminated, "terminated by SIGTERM"),
];

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::UpdatesPending => 3,
            Self::Error => 20,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Chosen(code) => code,
        }
    }

    /// The worse of two answers: a higher code wins, `Done` never does.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.code() > self.code() { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_answer_wins() {
        assert_eq!(Exit::Done.worst(Exit::No), Exit::No);
        assert_eq!(Exit::Error.worst(Exit::No), Exit::Error);
    }
}
