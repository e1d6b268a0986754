//! How to name a repository and how to get into it: its URL in one spelling, and the credentials
//! of a Secret, a flag or a variable.
//!
//! Two URLs name the same repository as in Argo CD 3.5 (host in any case, `.git` dropped,
//! `git@host:path` as `ssh://git@host/path`), except that the case of the path counts here.

use crate::support::Secret;

/// Credentials for one repository, as a `repository` or `repo-creds` Secret holds them.
#[derive(Clone, Debug, Default)]
pub struct RepositoryCredentials {
    /// User name for HTTP.
    pub username: String,
    /// Password or token for HTTP.
    pub password: Secret,
    /// Bearer token for HTTP.
    pub bearer_token: Secret,
    /// Private key in PEM or OpenSSH form.
    pub ssh_private_key: Secret,
    /// Accept any TLS certificate and any SSH host key.
    pub insecure: bool,
    /// Known host keys besides the user's own file, in `known_hosts` form.
    pub ssh_known_hosts: String,
    /// Certificates to trust besides the system's, PEM.
    pub tls_certificates: String,
}

/// The parts of a repository URL that goes over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUrl {
    /// `https`, `http`, `ssh`, `git` …, in lower case; `ssh` for `git@host:path`.
    pub scheme: String,
    /// User name in the URL, as written; empty when there is none.
    pub user: String,
    /// Password in the URL, as written.
    pub password: Secret,
    /// Host in lower case, an IPv6 address without brackets.
    pub host: String,
    /// Port, `None` when it is the scheme's own.
    pub port: Option<u16>,
    /// Path without the slash before it; as written otherwise, query included.
    pub path: String,
}

impl RemoteUrl {
    /// Takes a URL apart; `None` for a local path, a `file:` URL or something that names no host.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, authority, path) = if let Some((scheme, rest)) = url.split_once("://") {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            (scheme.to_ascii_lowercase(), authority, path)
        } else {
            let (authority, path) = split_scp(url)?;
            ("ssh".to_owned(), authority, path)
        };
        let (user, password, host_port) = split_authority(authority);
        let (host, port) = split_port(host_port)?;
        if host.is_empty() || scheme.is_empty() || scheme == "file" {
            return None;
        }
        let port = port.filter(|port| Some(*port) != default_port(&scheme));
        Some(Self {
            user: user.to_owned(),
            password: Secret::new(password),
            host: host.to_ascii_lowercase(),
            port,
            path: path.trim_start_matches('/').to_owned(),
            scheme,
        })
    }

    /// The port to connect to, where it is known.
    pub fn effective_port(&self) -> Option<u16> {
        self.port.or_else(|| default_port(&self.scheme))
    }

    /// Whether it goes over HTTP or HTTPS.
    pub fn is_http(&self) -> bool {
        self.scheme == "http" || self.scheme == "https"
    }

    /// `scheme://host:port`, with the user name where that is part of the repository's name.
    fn origin(&self) -> String {
        let user = match self.scheme.as_str() {
            "ssh" if !self.user.is_empty() => format!("{}@", self.user),
            _ => String::new(),
        };
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{user}{host}{port}", self.scheme)
    }

    fn normalized_path(&self) -> &str {
        let path = self.path.trim_end_matches('/');
        path.strip_suffix(".git").unwrap_or(path)
    }
}

/// The one spelling of a repository URL: equal for two URLs that name the same repository, and
/// free of passwords.
pub fn normalize_url(url: &str) -> String {
    match RemoteUrl::parse(url) {
        Some(remote) => format!("{}/{}", remote.origin(), remote.normalized_path()),
        None => normalized_local(url),
    }
}

/// Whether credentials kept for `prefix` hold for `url`, as for `repo-creds` Secrets: both are
/// compared in their normalised spelling. A prefix without a path covers its host only, and not
/// other hosts whose names begin alike.
pub fn is_url_prefix(prefix: &str, url: &str) -> bool {
    let url = normalize_url(url);
    let Some(remote) = RemoteUrl::parse(prefix) else {
        return url.starts_with(&normalized_local(prefix));
    };
    let slash = if remote.path.ends_with('/') { "/" } else { "" };
    url.starts_with(&format!("{}/{}{slash}", remote.origin(), remote.normalized_path()))
}

/// `url` as messages show it: without password, without the user name of an HTTP URL and
/// without a query.
pub fn display_url(url: &str) -> String {
    let Some(remote) = RemoteUrl::parse(url) else { return url.trim().to_owned() };
    let path = remote.path.split(['?', '#']).next().unwrap_or_default();
    let is_scp = !url.contains("://");
    match (is_scp, remote.user.as_str()) {
        (true, "") => format!("{}:{path}", remote.host),
        (true, user) => format!("{user}@{}:{path}", remote.host),
        (false, _) => format!("{}/{path}", remote.origin()),
    }
}

/// `url` as tables and pages show it: as it was written, unless that would show a password.
pub fn url_without_password(url: &str) -> String {
    match RemoteUrl::parse(url) {
        Some(remote) if !remote.password.is_empty() => display_url(url),
        _ => url.to_owned(),
    }
}

fn normalized_local(url: &str) -> String {
    let path = url.trim();
    let path = path.strip_prefix("file://").unwrap_or(path);
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { path.to_owned() } else { trimmed.to_owned() }
}

/// `user@host:path` or `host:path`; a slash before the colon makes it a local path.
fn split_scp(url: &str) -> Option<(&str, &str)> {
    let after_bracket = url.find(']').unwrap_or(0);
    let colon = after_bracket + url[after_bracket..].find(':')?;
    let (authority, path) = (&url[..colon], &url[colon + 1..]);
    let is_host = !authority.contains('/') && !authority.starts_with('.') && colon > 1;
    (is_host && !path.is_empty()).then_some((authority, path))
}

fn split_authority(authority: &str) -> (&str, &str, &str) {
    let Some((user_info, host)) = authority.rsplit_once('@') else { return ("", "", authority) };
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    (user, password, host)
}

fn split_port(host_port: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = host_port.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match host_port.split_once(':') {
        Some((host, "")) => Some((host, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((host_port, None)),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        "ssh" => Some(22),
        "git" => Some(9418),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_one_repository_have_one_normal_form() {
        fn check(url: &str, want: &str) {
            assert_eq!(normalize_url(url), want, "{url}");
        }
        check("https://GitHub.com/Org/Repo.git", "https://github.com/Org/Repo");
        check(" https://me:pw@github.com:443/Org/Repo/ ", "https://github.com/Org/Repo");
        check("HTTP://host:8080/a.git/", "http://host:8080/a");
        check("git@github.com:org/repo.git", "ssh://git@github.com/org/repo");
        check("ssh://git@github.com:22/org/repo", "ssh://git@github.com/org/repo");
        check("ssh://git:pw@GitHub.com:2222/org/repo", "ssh://git@github.com:2222/org/repo");
        check("git@host:/srv/repo", "ssh://git@host/srv/repo");
        check("ssh://git@[::1]:2222/r.git", "ssh://git@[::1]:2222/r");
        check("file:///srv/repo.git/", "/srv/repo.git");
        check("/srv/repo", "/srv/repo");
        check("../repo:x", "../repo:x");
        check("/", "/");
    }

    #[test]
    fn a_prefix_covers_repositories_below_it_and_no_other_host() {
        fn check(prefix: &str, url: &str, want: bool) {
            assert_eq!(is_url_prefix(prefix, url), want, "{prefix} {url}");
        }
        check("https://github.com/org", "https://GITHUB.com/org/repo.git", true);
        check("https://github.com/org", "https://github.com/org-labs/repo", true);
        check("https://github.com/org/", "https://github.com/org-labs/repo", false);
        check("https://github.com/org/", "https://github.com/org/repo", true);
        check("https://github.com", "https://github.com.evil.example/org/repo", false);
        check("https://github.com", "https://me@github.com/org/repo", true);
        check("git@github.com:org", "ssh://git@github.com/org/repo.git", true);
        check("https://github.com", "http://github.com/org/repo", false);
        check("/srv", "/srv/repo", true);
    }

    #[test]
    fn messages_show_urls_without_credentials() {
        fn check(url: &str, want: &str) {
            assert_eq!(display_url(url), want, "{url}");
        }
        check("https://me:pw@host/a.git", "https://host/a.git");
        check("https://token@host/a.git?key=x#y", "https://host/a.git");
        check("ssh://git:pw@host:22/a", "ssh://git@host/a");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("host:a/b.git", "host:a/b.git");
        check("/srv/repo", "/srv/repo");
    }

    #[test]
    fn pages_show_urls_as_written_but_for_passwords() {
        fn check(url: &str, want: &str) {
            assert_eq!(url_without_password(url), want, "{url}");
        }
        check("https://me:pw@host/a.git", "https://host/a.git");
        check("https://Org@Host:443/a.git", "https://Org@Host:443/a.git");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("file:///srv/repo", "file:///srv/repo");
    }
}
