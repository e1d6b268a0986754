//! Whether the other end is who it says: SSH host keys against `known_hosts` texts, TLS
//! certificates against extra certificate authorities.
//!
//! Hashed names in the user's own `known_hosts` are left to libgit2, which reads that file too.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use git2::CertificateCheckStatus;
use git2::cert::{Cert, CertHostkey};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::UserCredentials;
use super::error::hinted;
use super::url::RemoteRepository;
use crate::ports::{SourceError, SourceErrorKind};

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust {
    /// Accept any certificate and any host key.
    pub(super) insecure: bool,
    /// Texts in `known_hosts` form.
    pub(super) known_hosts: Vec<String>,
    /// Certificates in PEM form.
    pub(super) certificates: Vec<String>,
    /// Whether the user's own files count.
    pub(super) user_files: UserCredentials,
}

/// What the texts say about a host key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Known,
    Unknown,
    Changed,
    Revoked,
}

impl Trust {
    /// Judges the certificate or host key `repository` shows. The error, where there is one, is
    /// the one to report should libgit2 not find the key in the user's own file either.
    pub(super) fn check(
        &self,
        repository: &RemoteRepository,
        certificate: &Cert<'_>,
        host: &str,
    ) -> (Result<CertificateCheckStatus, git2::Error>, Option<SourceError>) {
        if self.insecure {
            return (Ok(CertificateCheckStatus::CertificateOk), None);
        }
        if let Some(key) = certificate.as_hostkey() {
            return self.check_host_key(repository, key);
        }
        let der = certificate.as_x509().map(|certificate| certificate.data().to_vec());
        let is_trusted = der.is_some_and(|der| {
            self.certificates.iter().any(|pem| is_trusted_certificate(pem, &der, host))
        });
        if is_trusted {
            return (Ok(CertificateCheckStatus::CertificateOk), None);
        }
        (Ok(CertificateCheckStatus::CertificatePassthrough), None)
    }

    fn check_host_key(
        &self,
        repository: &RemoteRepository,
        key: &CertHostkey<'_>,
    ) -> (Result<CertificateCheckStatus, git2::Error>, Option<SourceError>) {
        let kind = key.hostkey_type().map_or("unknown", |kind| kind.name());
        let bytes = key.hostkey().unwrap_or_default();
        let host = &repository.parts.host;
        let port = repository.parts.effective_port().unwrap_or(22);
        let verdict = self.judge_host_key(host, port, kind, bytes);
        if verdict == Verdict::Known {
            return (Ok(CertificateCheckStatus::CertificateOk), None);
        }
        let fingerprint = key.hash_sha256().map_or_else(String::new, |hash| {
            format!("{kind} SHA256:{}", STANDARD_NO_PAD.encode(hash))
        });
        let error = untrusted(repository, verdict, &fingerprint, port);
        let may_be_hashed = verdict != Verdict::Revoked && self.user_files == UserCredentials::Use;
        if may_be_hashed {
            return (Ok(CertificateCheckStatus::CertificatePassthrough), Some(error));
        }
        let refusal = git2::Error::new(
            git2::ErrorCode::Certificate,
            git2::ErrorClass::Callback,
            "unknown host key",
        );
        (Err(refusal), Some(error))
    }

    fn judge_host_key(&self, host: &str, port: u16, kind: &str, key: &[u8]) -> Verdict {
        let lines = self.known_hosts.iter().flat_map(|text| text.lines());
        let verdicts = lines.filter_map(|line| judge_line(line, host, port, kind, key));
        let mut best = Verdict::Unknown;
        for verdict in verdicts {
            match verdict {
                Verdict::Revoked => return Verdict::Revoked,
                Verdict::Known => best = Verdict::Known,
                Verdict::Changed if best == Verdict::Unknown => best = Verdict::Changed,
                Verdict::Changed | Verdict::Unknown => {}
            }
        }
        best
    }
}

/// What one line of a `known_hosts` text says, `None` when it is about something else.
fn judge_line(line: &str, host: &str, port: u16, kind: &str, key: &[u8]) -> Option<Verdict> {
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    let (is_revoked, hosts) = match first {
        "@revoked" => (true, words.next()?),
        _ if first.starts_with(['#', '@']) => return None,
        _ => (false, first),
    };
    let (line_kind, line_key) = (words.next()?, words.next()?);
    if line_kind != kind || !names_host(hosts, host, port) {
        return None;
    }
    let is_same = STANDARD.decode(line_key).is_ok_and(|line_key| line_key == key);
    match (is_revoked, is_same) {
        (true, true) => Some(Verdict::Revoked),
        (true, false) => None,
        (false, true) => Some(Verdict::Known),
        (false, false) => Some(Verdict::Changed),
    }
}

/// Whether a comma-separated list of patterns names the host; `!` in front excludes.
fn names_host(patterns: &str, host: &str, port: u16) -> bool {
    let name = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
    let mut named = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches_pattern(pattern, &name) => return false,
            Some(_) => {}
            None => named |= matches_pattern(pattern, &name),
        }
    }
    named
}

/// `*` and `?` as in OpenSSH, without regard to case.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let pattern: Vec<u8> = pattern.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
    let name = name.as_bytes();
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((star_at, star_name)) = star else { return false };
                star = Some((star_at, star_name + 1));
                at = star_at + 1;
                in_name = star_name + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

fn untrusted(
    repository: &RemoteRepository,
    verdict: Verdict,
    fingerprint: &str,
    port: u16,
) -> SourceError {
    let (display, host) = (&repository.display, &repository.parts.host);
    let (scan, remove) = match port {
        22 => (host.clone(), host.clone()),
        port => (format!("-p {port} {host}"), format!("\"[{host}]:{port}\"")),
    };
    let (what, hint) = match verdict {
        Verdict::Revoked => (
            "is revoked",
            "the key is marked @revoked in known_hosts; ask whoever runs the host".to_owned(),
        ),
        Verdict::Changed => (
            "has changed",
            format!(
                "somebody may be listening in; if the change is known to be right: \
                 ssh-keygen -R {remove} && ssh-keyscan {scan} >> ~/.ssh/known_hosts"
            ),
        ),
        Verdict::Unknown | Verdict::Known => (
            "is unknown",
            format!(
                "compare the fingerprint with the one the host publishes, then: \
                 ssh-keyscan {scan} >> ~/.ssh/known_hosts"
            ),
        ),
    };
    let message = format!(
        "repository {display}: the SSH host key of {} {what} ({fingerprint})",
        repository.host()
    );
    hinted(SourceErrorKind::Untrusted, message, hint)
}

/// Whether `pem` holds the server's own certificate, or the authority that signed it for `host`.
fn is_trusted_certificate(pem: &str, der: &[u8], host: &str) -> bool {
    let own: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect();
    if own.iter().any(|certificate| certificate.as_ref() == der) {
        return true;
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(own.iter().cloned());
    let provider = Arc::new(default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let (Ok(verifier), Ok(name)) = (verifier, ServerName::try_from(host.to_owned())) else {
        return false;
    };
    let certificate = CertificateDer::from(der);
    verifier.verify_server_cert(&certificate, &own, &name, &[], UnixTime::now()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"the key";

    fn check(known_hosts: &str, port: u16, want: Verdict) {
        let key = STANDARD.encode(KEY);
        let other = STANDARD.encode("another");
        let text = known_hosts.replace("KEY", &key).replace("OTHER", &other);
        let trust = Trust { known_hosts: vec![text], ..Trust::default() };
        let got = trust.judge_host_key("git.example.com", port, "ssh-ed25519", KEY);
        assert_eq!(got, want, "{known_hosts}");
    }

    #[test]
    fn host_keys_are_found_by_name_port_and_kind() {
        check("git.example.com ssh-ed25519 KEY comment", 22, Verdict::Known);
        check("other,GIT.example.com ssh-ed25519 KEY", 22, Verdict::Known);
        check("*.example.com ssh-ed25519 KEY", 22, Verdict::Known);
        check("git.?xample.com ssh-ed25519 KEY", 22, Verdict::Known);
        check("*.example.com,!git.example.com ssh-ed25519 KEY", 22, Verdict::Unknown);
        check("[git.example.com]:2222 ssh-ed25519 KEY", 2222, Verdict::Known);
        check("git.example.com ssh-ed25519 KEY", 2222, Verdict::Unknown);
        check("git.example.com ssh-rsa OTHER", 22, Verdict::Unknown);
        check("# git.example.com ssh-ed25519 KEY", 22, Verdict::Unknown);
        check("@cert-authority git.example.com ssh-ed25519 KEY", 22, Verdict::Unknown);
        check("", 22, Verdict::Unknown);
    }

    #[test]
    fn changed_and_revoked_host_keys_are_told_apart() {
        let host = "git.example.com ssh-ed25519";
        check(&format!("{host} OTHER"), 22, Verdict::Changed);
        check(&format!("{host} OTHER\n{host} KEY"), 22, Verdict::Known);
        check(&format!("{host} KEY\n@revoked {host} KEY"), 22, Verdict::Revoked);
        check(&format!("@revoked {host} OTHER"), 22, Verdict::Unknown);
    }

    #[test]
    fn text_that_is_no_certificate_trusts_nothing() {
        assert!(!is_trusted_certificate("not PEM", b"der", "host"));
    }
}
