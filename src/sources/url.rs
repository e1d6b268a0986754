//! A repository URL sorted by how it is reached: a repository on this disk, or a remote one with
//! what the transport needs. The one spelling for equality is in `model::repository`.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::error::source_error;
use crate::model::repository::{RemoteUrl, display_url, normalize_url};
use crate::ports::{SourceError, SourceErrorKind};
use crate::support::Secret;

/// Longest readable part of a mirror's folder name.
const READABLE_CHARS_MAX: usize = 60;

/// A repository URL, sorted by how it is reached.
#[derive(Clone, Debug)]
pub(super) enum RepositoryUrl {
    /// A repository on this disk.
    Local(PathBuf),
    /// A repository behind a network.
    Remote(RemoteRepository),
}

/// A repository behind a network.
#[derive(Clone, Debug)]
pub(super) struct RemoteRepository {
    /// The parts of the URL.
    pub(super) parts: RemoteUrl,
    /// The URL to connect to, without password and, over HTTP, without user name.
    pub(super) address: String,
    /// The URL as messages show it.
    pub(super) display: String,
    /// The one spelling of the URL.
    pub(super) normalized: String,
}

impl RepositoryUrl {
    /// Sorts `url`; refuses what is not Git.
    pub(super) fn parse(url: &str) -> Result<Self, SourceError> {
        let url = url.trim();
        if url.is_empty() {
            return Err(source_error(SourceErrorKind::Unsupported, "the repository URL is empty"));
        }
        let Some(parts) = RemoteUrl::parse(url) else { return parse_local(url) };
        let display = display_url(url);
        if !matches!(parts.scheme.as_str(), "https" | "http" | "ssh" | "git") {
            let message = format!(
                "repository {display}: {}:// is not supported, only https, http, ssh, git, file \
                 and paths",
                parts.scheme
            );
            return Err(source_error(SourceErrorKind::Unsupported, message));
        }
        let address = if url.contains("://") { address(&parts) } else { url.to_owned() };
        Ok(Self::Remote(RemoteRepository {
            address,
            display,
            normalized: normalize_url(url),
            parts,
        }))
    }
}

impl RemoteRepository {
    /// The name of the mirror's folder: a hash that tells repositories apart and a part that
    /// people can read.
    pub(super) fn folder_name(&self) -> String {
        let mut name = format!("{}-", short_hash(&self.normalized));
        let text = self.normalized.split_once("://").map_or("", |(_, rest)| rest);
        let readable = text.chars().map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' => character,
            _ => '-',
        });
        name.extend(readable.take(READABLE_CHARS_MAX));
        name
    }

    /// The same repository at the address that the user's `url.*.insteadOf` made of ours.
    pub(super) fn rewritten(&self, address: &str) -> Self {
        let parts = RemoteUrl::parse(address).unwrap_or_else(|| self.parts.clone());
        Self { parts, ..self.clone() }
    }

    /// `host` or `host:port`, for messages.
    pub(super) fn host(&self) -> String {
        match self.parts.port {
            Some(port) => format!("{}:{port}", self.parts.host),
            None => self.parts.host.clone(),
        }
    }

    /// User name and password written into the URL.
    pub(super) fn url_credentials(&self) -> Option<(String, Secret)> {
        let (user, password) = (&self.parts.user, &self.parts.password);
        let is_useful = !password.is_empty() || (self.parts.is_http() && !user.is_empty());
        is_useful.then(|| (percent_decode(user), Secret::new(percent_decode(password.reveal()))))
    }
}

/// A name for `text` in 16 hexadecimal digits.
pub(super) fn short_hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

fn parse_local(url: &str) -> Result<RepositoryUrl, SourceError> {
    match url.split_once("://") {
        Some(("file", path)) => {
            let path = path.strip_prefix("localhost").unwrap_or(path);
            Ok(RepositoryUrl::Local(PathBuf::from(percent_decode(path))))
        }
        Some(_) => {
            let message = format!("repository {}: not a valid URL", display_url(url));
            Err(source_error(SourceErrorKind::Unsupported, message))
        }
        None => Ok(RepositoryUrl::Local(PathBuf::from(url))),
    }
}

fn address(parts: &RemoteUrl) -> String {
    let user = match parts.scheme.as_str() {
        "ssh" if !parts.user.is_empty() => format!("{}@", parts.user),
        _ => String::new(),
    };
    let host =
        if parts.host.contains(':') { format!("[{}]", parts.host) } else { parts.host.clone() };
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{user}{host}{port}/{}", parts.scheme, parts.path)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        if let Some((high, low)) = code {
            bytes.push(high * 16 + low);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> RemoteRepository {
        match RepositoryUrl::parse(url).unwrap() {
            RepositoryUrl::Remote(remote) => remote,
            RepositoryUrl::Local(path) => panic!("{url} is local: {}", path.display()),
        }
    }

    #[test]
    fn credentials_leave_the_address() {
        let repository = remote("https://me:p%40ss@Host:8443/a.git");
        assert_eq!(repository.address, "https://host:8443/a.git");
        assert_eq!(repository.host(), "host:8443");
        let (user, password) = repository.url_credentials().unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("me", "p@ss"));
        assert_eq!(remote("ssh://git:pw@host/a").address, "ssh://git@host/a");
        assert!(remote("git@host:a").url_credentials().is_none());
        assert_eq!(remote("git@host:a").address, "git@host:a");
    }

    #[test]
    fn mirrors_of_one_repository_share_a_folder() {
        let name = remote("https://host/Org/app.git").folder_name();
        assert!(name.ends_with("-host-Org-app"), "{name}");
        assert_eq!(name, remote("https://me:pw@HOST/Org/app").folder_name());
        assert_ne!(name, remote("https://host/Org/app2").folder_name());
        assert!(remote(&format!("https://host/{}", "é".repeat(300))).folder_name().len() < 80);
    }

    #[test]
    fn what_is_not_git_is_refused() {
        for url in ["oci://ghcr.io/org/chart", "s3://bucket/key", "", "https://"] {
            let error = RepositoryUrl::parse(url).unwrap_err();
            assert_eq!(error.kind, SourceErrorKind::Unsupported, "{url}");
        }
    }

    #[test]
    fn paths_and_file_urls_are_local() {
        for (url, want) in [
            ("/srv/my repo", "/srv/my repo"),
            ("file:///srv/my%20repo", "/srv/my repo"),
            ("file://localhost/srv/r", "/srv/r"),
            ("./r", "./r"),
        ] {
            match RepositoryUrl::parse(url).unwrap() {
                RepositoryUrl::Local(path) => assert_eq!(path, PathBuf::from(want)),
                RepositoryUrl::Remote(_) => panic!("{url} is remote"),
            }
        }
    }
}
