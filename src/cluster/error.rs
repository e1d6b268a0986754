//! What a server's answer or a failed connection means, in [`ClusterErrorKind`]s.
//!
//! The server's own words are kept: they name the object. Words of ours name the server.

use std::error::Error;
use std::io;
use std::time::Duration;

use kube::client::AuthError;
use serde::Deserialize;

use crate::ports::{ClusterError, ClusterErrorKind};

/// How far a chain of causes is followed.
const CAUSES_MAX: usize = 16;
/// How much of an answer that is no Status is quoted.
const QUOTE_CHARS_MAX: usize = 200;

/// How server-side apply names the kind of the object that it refuses.
const SECRET_KIND: &str = "Kind=Secret)";
/// What stands before a value that it quotes.
const QUOTED_VALUE: &str = ", got &";

/// A `Status` answer of the API server, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    kind: String,
    message: String,
    reason: String,
    code: u16,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    name: String,
}

/// The error behind an answer with an HTTP status of 400 and above.
pub(super) fn from_answer(server: &str, code: u16, body: &[u8]) -> ClusterError {
    match serde_json::from_slice::<Status>(body) {
        Ok(status) if status.kind == "Status" => from_status(server, code, &status),
        _ => from_plain_answer(server, code, body),
    }
}

/// The error behind a `Status`, from an answer or a watch event; `code` counts when the status
/// itself has none.
pub(super) fn from_status(server: &str, code: u16, status: &Status) -> ClusterError {
    let code = if status.code == 0 { code } else { status.code };
    let kind = kind_of(code, status);
    match kind {
        ClusterErrorKind::Unauthorized => unauthorized(server),
        _ if status.message.is_empty() => {
            ClusterError::new(kind, format!("{server} answered {code} {}", status.reason))
        }
        _ => ClusterError::new(kind, without_secret(&without_patch(&status.message)).to_owned()),
    }
}

/// The server's words up to where they would quote the value of a Secret, as server-side apply
/// does for one of the wrong type.
fn without_secret(message: &str) -> &str {
    match message.find(QUOTED_VALUE) {
        Some(place) if message.contains(SECRET_KIND) => &message[..place],
        _ => message,
    }
}

/// About a patch it cannot take the server says `patch: Invalid value: "map[…]": REASON` and
/// quotes the whole patch, with the values of Secrets. Only the reason is for anybody's eyes.
fn without_patch(message: &str) -> String {
    let reason = message
        .find("patch: Invalid value: \"")
        .and_then(|start| message[start..].rsplit_once("\": "))
        .map(|(_, reason)| reason);
    reason.map_or_else(|| message.to_owned(), |reason| format!("the patch is invalid: {reason}"))
}

fn kind_of(code: u16, status: &Status) -> ClusterErrorKind {
    if is_too_large(code, &status.message) {
        return ClusterErrorKind::TooLarge;
    }
    let names_object = status.details.as_ref().is_some_and(|details| !details.name.is_empty());
    match (code, status.reason.as_str()) {
        (404, _) if names_object => ClusterErrorKind::NotFound,
        (404, _) => ClusterErrorKind::UnknownKind,
        (409, "AlreadyExists") => ClusterErrorKind::AlreadyExists,
        (_, "Expired" | "Gone") => ClusterErrorKind::Expired,
        _ => kind_of_code(code),
    }
}

fn kind_of_code(code: u16) -> ClusterErrorKind {
    match code {
        401 => ClusterErrorKind::Unauthorized,
        403 => ClusterErrorKind::Forbidden,
        404 => ClusterErrorKind::UnknownKind,
        408 | 504 => ClusterErrorKind::Timeout,
        409 => ClusterErrorKind::Conflict,
        410 => ClusterErrorKind::Expired,
        413 => ClusterErrorKind::TooLarge,
        400 | 415 | 422 => ClusterErrorKind::Invalid,
        502 | 503 => ClusterErrorKind::Unreachable,
        _ => ClusterErrorKind::Other,
    }
}

/// Objects have three limits: the request's size, etcd's, and that of all annotations together
/// (262144 bytes), which client-side apply meets first because it keeps a copy of the object.
fn is_too_large(code: u16, message: &str) -> bool {
    let annotations = message.contains("metadata.annotations: Too long");
    let store = message.contains("request is too large") || message.contains("larger than max");
    code == 413 || (code == 422 && annotations) || (code >= 400 && store)
}

fn from_plain_answer(server: &str, code: u16, body: &[u8]) -> ClusterError {
    let kind = kind_of_code(code);
    match kind {
        ClusterErrorKind::Unauthorized => unauthorized(server),
        ClusterErrorKind::UnknownKind => {
            ClusterError::new(kind, format!("{server} does not serve this kind"))
        }
        _ => {
            let text = String::from_utf8_lossy(body);
            let quote: String = text.trim().chars().take(QUOTE_CHARS_MAX).collect();
            ClusterError::new(kind, format!("{server} answered {code}: {quote}"))
        }
    }
}

fn unauthorized(server: &str) -> ClusterError {
    let message = format!("credentials for {server} are missing, wrong or expired");
    ClusterError::new(ClusterErrorKind::Unauthorized, message)
}

/// The error behind a request that got no answer.
pub(super) fn from_transport(server: &str, error: &kube::Error) -> ClusterError {
    let causes = Causes::of(error);
    if let kube::Error::Auth(auth) = error {
        return from_auth(server, auth);
    }
    if let Some(auth) = causes.auth {
        return from_auth(server, auth);
    }
    if let Some(tls) = causes.tls {
        return from_tls(server, tls);
    }
    let kind = match causes.io {
        Some(io::ErrorKind::TimedOut) => ClusterErrorKind::Timeout,
        _ => ClusterErrorKind::Unreachable,
    };
    ClusterError::new(kind, format!("cannot reach {server}: {}", causes.last))
}

/// The error of a request whose deadline passed.
pub(super) fn timed_out(server: &str, limit: Duration) -> ClusterError {
    let message = format!("no answer from {server} within {} s", limit.as_secs());
    ClusterError::new(ClusterErrorKind::Timeout, message)
}

/// The error of an answer that cannot be read.
pub(super) fn unreadable(server: &str, cause: &dyn std::fmt::Display) -> ClusterError {
    ClusterError::new(
        ClusterErrorKind::Other,
        format!("cannot read the answer of {server}: {cause}"),
    )
}

/// The error of an object that cannot be written as JSON.
pub(super) fn unwritable(kind: &str, name: &str, cause: &serde_json::Error) -> ClusterError {
    let message = format!("{kind} \"{name}\" cannot be written as JSON: {cause}");
    ClusterError::new(ClusterErrorKind::Invalid, message)
}

/// Whether the connection broke before an answer came, so that asking again may help.
pub(super) fn is_broken_connection(error: &kube::Error) -> bool {
    let causes = Causes::of(error);
    let reset = matches!(
        causes.io,
        Some(
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    );
    causes.tls.is_none()
        && causes.auth.is_none()
        && (reset || causes.last.contains("closed before"))
}

fn from_auth(server: &str, error: &AuthError) -> ClusterError {
    let what = match error {
        // The command's output may hold a token: its standard error alone is quoted.
        AuthError::AuthExecRun { cmd, out } => {
            let said = String::from_utf8_lossy(&out.stderr);
            let quote: String = said.trim().chars().take(QUOTE_CHARS_MAX).collect();
            format!("credential command {cmd} failed with {}: {quote}", out.status)
        }
        AuthError::AuthExecStart(cause) => format!("cannot start the credential command: {cause}"),
        AuthError::AuthExecParse(_) => "cannot read the credential command's answer".to_owned(),
        other => other.to_string(),
    };
    ClusterError::new(ClusterErrorKind::Config, format!("no credentials for {server}: {what}"))
}

fn from_tls(server: &str, error: &rustls::Error) -> ClusterError {
    ClusterError::new(
        ClusterErrorKind::Certificate,
        format!("the TLS certificates of {server} and of the kubeconfig do not fit: {error}"),
    )
}

/// The causes of a failed request that say what it was.
struct Causes<'a> {
    auth: Option<&'a AuthError>,
    tls: Option<&'a rustls::Error>,
    io: Option<io::ErrorKind>,
    last: String,
}

impl<'a> Causes<'a> {
    fn of(error: &'a (dyn Error + 'static)) -> Self {
        let mut causes = Self { auth: None, tls: None, io: None, last: String::new() };
        let mut next = Some(error);
        for _ in 0..CAUSES_MAX {
            let Some(cause) = next else { break };
            causes.auth = causes.auth.or_else(|| cause.downcast_ref());
            causes.tls = causes.tls.or_else(|| cause.downcast_ref());
            causes.last = cause.to_string();
            next = match cause.downcast_ref::<io::Error>() {
                Some(failure) => {
                    causes.io = Some(failure.kind());
                    // `source` of an io::Error skips the error it wraps.
                    failure.get_ref().map(|inner| inner as &(dyn Error + 'static))
                }
                None => cause.source(),
            };
        }
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://10.0.0.1:6443";

    fn status(code: u16, reason: &str, message: &str, name: &str) -> String {
        serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
            "reason": reason, "message": message, "details": {"name": name},
        })
        .to_string()
    }

    fn check(code: u16, body: &str, kind: ClusterErrorKind, message: &str) {
        let error = from_answer(SERVER, code, body.as_bytes());
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{code} {body}");
    }

    #[test]
    fn a_refused_patch_is_not_quoted() {
        let said = r#" "" is invalid: patch: Invalid value: "map[data:map[password:hunter2]]": unrecognized type: int32"#;
        let wanted = "the patch is invalid: unrecognized type: int32";
        check(422, &status(422, "Invalid", said, ""), ClusterErrorKind::Invalid, wanted);
    }

    #[test]
    fn a_missing_object_is_not_an_unserved_kind() {
        let missing = "deployments.apps \"web\" not found";
        check(404, &status(404, "NotFound", missing, "web"), ClusterErrorKind::NotFound, missing);
        let unserved = "the server could not find the requested resource";
        let body = status(404, "NotFound", unserved, "");
        check(404, &body, ClusterErrorKind::UnknownKind, unserved);
        let words = "https://10.0.0.1:6443 does not serve this kind";
        check(404, "404 page not found\n", ClusterErrorKind::UnknownKind, words);
    }

    #[test]
    fn conflicts_are_told_apart() {
        let body = status(409, "AlreadyExists", "there", "a");
        check(409, &body, ClusterErrorKind::AlreadyExists, "there");
        check(409, &status(409, "Conflict", "changed", "a"), ClusterErrorKind::Conflict, "changed");
    }

    #[test]
    fn an_object_that_is_too_large_is_named_so() {
        let annotations = "ConfigMap \"a\" is invalid: metadata.annotations: Too long: \
                           may not be more than 262144 bytes";
        let body = status(422, "Invalid", annotations, "a");
        check(422, &body, ClusterErrorKind::TooLarge, annotations);
        let etcd = "etcdserver: request is too large";
        check(500, &status(500, "", etcd, ""), ClusterErrorKind::TooLarge, etcd);
        let field = "Pod \"a\" is invalid: spec.hostname: Too long: may not be more than 63 bytes";
        check(422, &status(422, "Invalid", field, "a"), ClusterErrorKind::Invalid, field);
    }

    #[test]
    fn a_refused_secret_is_not_quoted() {
        let place = "failed to create typed patch object (a/s; /v1, Kind=Secret): .data.x: \
                     expected string";
        let words = format!("{place}, got &value.valueUnstructured{{Value:12345}}");
        check(500, &status(500, "", &words, ""), ClusterErrorKind::Other, place);
        let words = words.replace("Secret", "ConfigMap");
        check(500, &status(500, "", &words, ""), ClusterErrorKind::Other, &words);
    }

    #[test]
    fn wrong_credentials_name_the_server_and_repeat_nothing() {
        let words = "credentials for https://10.0.0.1:6443 are missing, wrong or expired";
        check(401, &status(401, "Unauthorized", "x", ""), ClusterErrorKind::Unauthorized, words);
        check(401, "Unauthorized", ClusterErrorKind::Unauthorized, words);
    }

    #[test]
    fn an_expired_token_or_watch_is_expired() {
        check(410, &status(410, "Expired", "too old", ""), ClusterErrorKind::Expired, "too old");
    }

    #[test]
    fn a_refused_connection_is_unreachable() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = from_transport(SERVER, &kube::Error::Service(Box::new(refused)));
        assert_eq!(error.kind, ClusterErrorKind::Unreachable);
        assert!(error.message.starts_with("cannot reach https://10.0.0.1:6443: "), "{error}");
    }

    #[test]
    fn a_wrong_certificate_is_found_below_the_io_error() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let failure = io::Error::new(io::ErrorKind::InvalidData, tls);
        let error = from_transport(SERVER, &kube::Error::Service(Box::new(failure)));
        assert_eq!(error.kind, ClusterErrorKind::Certificate);
    }
}
