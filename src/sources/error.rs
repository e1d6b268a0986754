//! From libgit2's errors to ours: which kind, in which words, with which hint.

use git2::{ErrorClass, ErrorCode};

use crate::ports::{SourceError, SourceErrorKind};

/// What to do when the cache cannot be used.
const CACHE_HINT: &str =
    "free some space or set TIPHYS_CACHE_DIR to a folder that can be written to";

/// Why a step on a mirror did not work.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing that a new mirror would cure.
    Source(SourceError),
    /// The mirror itself is damaged: what libgit2 said.
    Damaged(String),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// An error without a hint.
pub(super) fn source_error(kind: SourceErrorKind, message: impl Into<String>) -> SourceError {
    SourceError { kind, message: message.into(), hint: String::new() }
}

/// An error with a hint.
pub(super) fn hinted(
    kind: SourceErrorKind,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> SourceError {
    SourceError { kind, message: message.into(), hint: hint.into() }
}

/// The user pressed Ctrl-C.
pub(super) fn interrupted(display: &str) -> SourceError {
    source_error(SourceErrorKind::Interrupted, format!("repository {display}: interrupted"))
}

/// The cache cannot be used.
pub(super) fn cache_error(message: impl Into<String>) -> SourceError {
    hinted(SourceErrorKind::Cache, message, CACHE_HINT)
}

/// Judges an error met while talking to a repository and its mirror.
pub(super) fn judge(display: &str, cause: &git2::Error) -> Failure {
    if is_damage(cause) {
        return Failure::Damaged(cause.message().to_owned());
    }
    Failure::Source(from_git(display, cause))
}

/// An error of libgit2 in our words.
pub(super) fn from_git(display: &str, cause: &git2::Error) -> SourceError {
    let kind = kind_of(cause);
    let said = cause.message().trim_end();
    match kind {
        SourceErrorKind::Cache => cache_error(format!("repository {display}: {said}")),
        SourceErrorKind::RepositoryMissing => hinted(
            kind,
            format!("repository {display} not found ({said})"),
            "check the URL; some servers answer so when the credentials give no access",
        ),
        SourceErrorKind::Untrusted => hinted(
            kind,
            format!("repository {display}: the server's certificate is not trusted ({said})"),
            "give its certificate authority in SSL_CERT_FILE or in argocd-tls-certs-cm, or set \
             insecure in the repository's Secret",
        ),
        SourceErrorKind::Unreachable => hinted(
            kind,
            format!("repository {display} cannot be reached: {said}"),
            "check the network, the proxy settings and the URL",
        ),
        SourceErrorKind::Denied => source_error(kind, format!("repository {display}: {said}")),
        kind => source_error(kind, format!("repository {display}: {said}")),
    }
}

/// Whether an object database, reference or other part of a repository is broken.
pub(super) fn is_damage(cause: &git2::Error) -> bool {
    if kind_of(cause) == SourceErrorKind::Cache {
        return false;
    }
    matches!(
        cause.class(),
        ErrorClass::Odb
            | ErrorClass::Object
            | ErrorClass::Zlib
            | ErrorClass::Reference
            | ErrorClass::Repository
            | ErrorClass::Config
            | ErrorClass::Tree
            | ErrorClass::Tag
            | ErrorClass::Indexer
    )
}

fn kind_of(cause: &git2::Error) -> SourceErrorKind {
    let said = cause.message();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match (cause.code(), cause.class()) {
        (ErrorCode::Auth, _) => SourceErrorKind::Denied,
        (ErrorCode::Certificate, _) => SourceErrorKind::Untrusted,
        (ErrorCode::Owner, _) => SourceErrorKind::Cache,
        (_, ErrorClass::Ssl) if said.contains("certificate") => SourceErrorKind::Untrusted,
        (_, ErrorClass::Http) => http_kind(said),
        // A key that is broken or of an unknown kind.
        (_, ErrorClass::Ssh) if says(&["authenticate", "private key", "public key"]) => {
            SourceErrorKind::Denied
        }
        _ if says(&["does not appear to be a git repository", "not found", "not a git repo"])
            && matches!(cause.class(), ErrorClass::Net | ErrorClass::Ssh) =>
        {
            SourceErrorKind::RepositoryMissing
        }
        _ if says(&[
            "No space left",
            "File too large",
            "Read-only file system",
            "Disk quota",
            "Permission denied",
        ]) && !matches!(cause.class(), ErrorClass::Net | ErrorClass::Ssh) =>
        {
            SourceErrorKind::Cache
        }
        (_, ErrorClass::Net | ErrorClass::Ssh | ErrorClass::Ssl | ErrorClass::Os) => {
            SourceErrorKind::Unreachable
        }
        _ => SourceErrorKind::Other,
    }
}

fn http_kind(said: &str) -> SourceErrorKind {
    let status = said.rsplit(' ').next().and_then(|word| word.parse::<u16>().ok());
    match status {
        Some(401 | 403 | 407) => SourceErrorKind::Denied,
        Some(404 | 410) => SourceErrorKind::RepositoryMissing,
        Some(408 | 429 | 500..) => SourceErrorKind::Unreachable,
        _ if said.contains("authentication") => SourceErrorKind::Denied,
        _ if said.contains("content-type") => SourceErrorKind::RepositoryMissing,
        _ => SourceErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sorted_by_what_the_user_can_do() {
        fn check(code: ErrorCode, class: ErrorClass, said: &str, want: SourceErrorKind) {
            let error = from_git("https://host/r", &git2::Error::new(code, class, said));
            assert_eq!(error.kind, want, "{said}");
            assert!(error.message.contains("https://host/r"), "{}", error.message);
        }
        use ErrorCode::{Auth, Certificate, GenericError};
        use SourceErrorKind as Kind;
        check(Auth, ErrorClass::Http, "no", Kind::Denied);
        check(Certificate, ErrorClass::Ssl, "bad", Kind::Untrusted);
        check(GenericError, ErrorClass::Ssl, "the SSL certificate is invalid", Kind::Untrusted);
        check(GenericError, ErrorClass::Http, "unexpected http status code: 404", {
            Kind::RepositoryMissing
        });
        check(GenericError, ErrorClass::Http, "unexpected http status code: 403", Kind::Denied);
        check(GenericError, ErrorClass::Http, "unexpected http status code: 503", {
            Kind::Unreachable
        });
        check(GenericError, ErrorClass::Os, "write: No space left on device", Kind::Cache);
        check(GenericError, ErrorClass::Net, "failed to resolve address", Kind::Unreachable);
        check(GenericError, ErrorClass::Ssh, "failed to authenticate SSH session", Kind::Denied);
        check(GenericError, ErrorClass::Invalid, "odd", Kind::Other);
    }

    #[test]
    fn a_broken_object_database_counts_as_damage() {
        let broken = git2::Error::new(ErrorCode::GenericError, ErrorClass::Odb, "hash mismatch");
        assert!(matches!(judge("r", &broken), Failure::Damaged(_)));
        let full = git2::Error::new(ErrorCode::GenericError, ErrorClass::Odb, "No space left");
        assert!(matches!(judge("r", &full), Failure::Source(_)));
    }
}
