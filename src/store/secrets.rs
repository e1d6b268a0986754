//! Credentials for repositories from Argo CD's Secrets and ConfigMaps.
//!
//! As Argo CD 3.5: the `repository` Secret with the same URL; where that has no credentials of
//! its own, the `repo-creds` Secret with the longest prefix. Known hosts and certificates come
//! from `argocd-ssh-known-hosts-cm` and `argocd-tls-certs-cm`. Not read: GitHub App, Google and
//! Azure credentials, TLS client certificates, proxies, Helm and OCI repositories.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future;

use crate::cluster::resources;
use crate::model::repository::{RemoteUrl, RepositoryCredentials, is_url_prefix, normalize_url};
use crate::ports::{Cluster, ClusterError, Content, ListRequest};
use crate::support::Secret;
use crate::yaml::Node;

/// Repository and credential Secrets.
const SELECTOR: &str = "argocd.argoproj.io/secret-type in (repository,repo-creds)";
const SECRET_TYPE: &str = "argocd.argoproj.io/secret-type";
const KNOWN_HOSTS: &str = "argocd-ssh-known-hosts-cm";
const CERTIFICATES: &str = "argocd-tls-certs-cm";
/// Credentials that Argo CD knows and tiphys does not.
const UNSUPPORTED: [&str; 5] = [
    "githubAppPrivateKey",
    "gcpServiceAccountKey",
    "azureServicePrincipalClientSecret",
    "useAzureWorkloadIdentity",
    "tlsClientCertKey",
];

/// What a namespace holds about repositories.
#[derive(Clone, Debug, Default)]
pub(super) struct RepositorySecrets {
    entries: Vec<Entry>,
    ssh_known_hosts: String,
    /// ConfigMap with certificates by host name.
    certificates: Option<Node>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// The Secret's name, for messages.
    secret: String,
    role: Role,
    url: String,
    credentials: RepositoryCredentials,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// For one repository.
    Repository,
    /// For all repositories below a prefix.
    Prefix,
}

impl RepositorySecrets {
    /// Reads the Secrets and ConfigMaps of `namespace`. What cannot be read counts as not there.
    pub(super) async fn load(cluster: &dyn Cluster, namespace: &str) -> Self {
        let secrets = ListRequest {
            resource: resources::secrets(),
            namespace: Some(namespace.to_owned()),
            label_selector: SELECTOR.to_owned(),
            content: Content::Full,
        };
        let config_maps = resources::config_maps();
        let (list, known_hosts, certificates) = future::join3(
            cluster.list(&secrets),
            cluster.get(&config_maps, namespace, KNOWN_HOSTS),
            cluster.get(&config_maps, namespace, CERTIFICATES),
        )
        .await;
        let items = readable(list).map(|list| list.items).unwrap_or_default();
        let known_hosts = readable(known_hosts).flatten();
        Self {
            entries: items.iter().filter_map(Entry::from_node).collect(),
            ssh_known_hosts: known_hosts
                .map(|found| found.str_at(&["data", "ssh_known_hosts"]).to_owned())
                .unwrap_or_default(),
            certificates: readable(certificates).flatten(),
        }
    }

    /// What is known about getting into the repository at `repo_url`, `None` for nothing.
    pub(super) fn find(&self, repo_url: &str) -> Option<RepositoryCredentials> {
        let url = normalize_url(repo_url);
        let is_ours =
            |entry: &&Entry| entry.role == Role::Repository && normalize_url(&entry.url) == url;
        let repository = self.entries.iter().find(is_ours);
        let own = repository.filter(|entry| has_credentials(&entry.credentials));
        let found = own.or_else(|| self.longest_prefix(repo_url)).or(repository);
        if let Some(entry) = found {
            tracing::debug!(secret = entry.secret, "credentials from a Secret");
        }
        let mut credentials = found.map(|entry| entry.credentials.clone()).unwrap_or_default();
        credentials.insecure |= repository.is_some_and(|entry| entry.credentials.insecure);
        self.add_trust(repo_url, &mut credentials);
        let is_something = found.is_some()
            || !credentials.ssh_known_hosts.is_empty()
            || !credentials.tls_certificates.is_empty();
        is_something.then_some(credentials)
    }

    fn longest_prefix(&self, repo_url: &str) -> Option<&Entry> {
        let prefixes = self
            .entries
            .iter()
            .filter(|entry| entry.role == Role::Prefix && is_url_prefix(&entry.url, repo_url));
        prefixes.max_by_key(|entry| normalize_url(&entry.url).len())
    }

    /// Adds the known hosts or certificates that hold for the URL's host.
    fn add_trust(&self, repo_url: &str, credentials: &mut RepositoryCredentials) {
        let Some(remote) = RemoteUrl::parse(repo_url) else { return };
        if remote.scheme == "ssh" {
            credentials.ssh_known_hosts.clone_from(&self.ssh_known_hosts);
        } else if remote.is_http()
            && let Some(config_map) = &self.certificates
        {
            let pem = config_map.str_at(&["data", remote.host.as_str()]);
            pem.clone_into(&mut credentials.tls_certificates);
        }
    }
}

impl Entry {
    /// Reads a Secret; `None` when it is none for Git.
    fn from_node(secret: &Node) -> Option<Self> {
        let role = match secret.label(SECRET_TYPE)? {
            "repository" => Role::Repository,
            "repo-creds" => Role::Prefix,
            _ => return None,
        };
        let kind = value(secret, "type");
        let url = value(secret, "url").trim().to_owned();
        if url.is_empty() || !(kind.is_empty() || kind == "git") {
            return None;
        }
        let name = format!("{}/{}", secret.namespace(), secret.name());
        if let Some(key) = UNSUPPORTED.iter().find(|key| !value(secret, key).is_empty()) {
            tracing::warn!(secret = name, key, "credentials of a kind that tiphys does not use");
        }
        let is_set = |key: &str| value(secret, key).trim() == "true";
        let credentials = RepositoryCredentials {
            username: value(secret, "username"),
            password: Secret::new(value(secret, "password")),
            bearer_token: Secret::new(value(secret, "bearerToken")),
            ssh_private_key: Secret::new(value(secret, "sshPrivateKey")),
            insecure: is_set("insecure") || is_set("insecureIgnoreHostKey"),
            ..RepositoryCredentials::default()
        };
        Some(Self { secret: name, role, url, credentials })
    }
}

fn has_credentials(credentials: &RepositoryCredentials) -> bool {
    !(credentials.username.is_empty()
        && credentials.password.is_empty()
        && credentials.bearer_token.is_empty()
        && credentials.ssh_private_key.is_empty())
}

/// The decoded value of a Secret's data, `""` when it is missing or no text.
fn value(secret: &Node, key: &str) -> String {
    let encoded = secret.str_at(&["data", key]);
    STANDARD
        .decode(encoded.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

fn readable<T>(result: Result<T, ClusterError>) -> Option<T> {
    result.inspect_err(|error| tracing::debug!(%error, "no repository credentials from here")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(role: &str, data: &[(&str, &str)]) -> Entry {
        let mut node = Node::mapping();
        node.set_label(SECRET_TYPE, role);
        for (key, text) in data {
            node.set(&["data", key], STANDARD.encode(text));
        }
        Entry::from_node(&node).unwrap()
    }

    fn known() -> RepositorySecrets {
        let mut certificates = Node::mapping();
        certificates.set(&["data", "git.example.com"], "PEM");
        RepositorySecrets {
            entries: vec![
                secret("repo-creds", &[("url", "https://git.example.com"), ("username", "wide")]),
                secret(
                    "repo-creds",
                    &[("url", "https://git.example.com/team"), ("username", "team")],
                ),
                secret(
                    "repository",
                    &[("url", "https://git.example.com/team/own.git"), ("username", "own")],
                ),
                secret(
                    "repository",
                    &[("url", "https://git.example.com/team/bare"), ("insecure", "true")],
                ),
            ],
            ssh_known_hosts: "host key".to_owned(),
            certificates: Some(certificates),
        }
    }

    fn check(url: &str, username: Option<&str>, insecure: bool) {
        let found = known().find(url);
        assert_eq!(found.as_ref().map(|c| c.username.as_str()), username, "{url}");
        assert_eq!(found.is_some_and(|c| c.insecure), insecure, "{url}");
    }

    #[test]
    fn the_same_url_wins_then_the_longest_prefix() {
        check("https://GIT.example.com/team/own", Some("own"), false);
        check("https://git.example.com/team/other.git", Some("team"), false);
        check("https://git.example.com/else/x", Some("wide"), false);
        check("https://elsewhere.example.com/x", None, false);
    }

    #[test]
    fn a_repository_without_credentials_takes_those_of_a_prefix() {
        check("https://git.example.com/team/bare.git", Some("team"), true);
    }

    #[test]
    fn trust_is_added_by_scheme_and_host() {
        let over_ssh = known().find("git@elsewhere.example.com:a/b.git").unwrap();
        assert_eq!(over_ssh.ssh_known_hosts, "host key");
        let over_https = known().find("https://git.example.com/else/x").unwrap();
        assert_eq!(over_https.tls_certificates, "PEM");
        assert_eq!(over_https.ssh_known_hosts, "");
    }
}
