//! Argo CD's cluster Secrets (label `argocd.argoproj.io/secret-type: cluster`), turned into
//! kubeconfigs.
//!
//! Not followed: `execProviderConfig` and `awsAuthConfig`. They would run commands on the user's
//! machine that whoever may write Secrets in the cluster has chosen.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::Kubeconfig;
use serde::Deserialize;

use super::kubeconfig::config_error;
use crate::ports::ClusterError;
use crate::support::Secret;
use crate::yaml::Node;

/// Selects cluster Secrets.
pub(super) const SELECTOR: &str = "argocd.argoproj.io/secret-type=cluster";

/// One cluster Secret.
#[derive(Clone, Debug)]
pub(super) struct ClusterSecret {
    /// The Secret's own name, for messages.
    pub(super) secret: String,
    /// The cluster's name.
    pub(super) name: String,
    /// Its URL, without a slash at the end.
    pub(super) server: String,
    config: Secret,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClusterConfig {
    username: String,
    password: Secret,
    bearer_token: Secret,
    tls_client_config: TlsClientConfig,
    aws_auth_config: Option<Node>,
    exec_provider_config: Option<Node>,
    proxy_url: String,
    disable_compression: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TlsClientConfig {
    insecure: bool,
    server_name: String,
    ca_data: String,
    cert_data: String,
    key_data: Secret,
}

impl ClusterSecret {
    /// Reads a Secret; `None` when it names no server.
    pub(super) fn from_node(secret: &Node) -> Option<Self> {
        let server = value(secret, "server")?;
        let server = server.trim().trim_end_matches('/').to_owned();
        let name = value(secret, "name").filter(|name| !name.is_empty());
        Some(Self {
            secret: format!("{}/{}", secret.namespace(), secret.name()),
            name: name.unwrap_or_else(|| server.clone()),
            server,
            config: Secret::new(value(secret, "config").unwrap_or_default()),
        })
    }

    /// The kubeconfig that this Secret stands for.
    pub(super) fn kubeconfig(&self) -> Result<Kubeconfig, ClusterError> {
        let text = if self.config.is_empty() { "{}" } else { self.config.reveal() };
        let config: ClusterConfig = serde_json::from_str(text).map_err(|cause| {
            // serde_json quotes no values of wrong type but strings: only the place is told.
            let (line, column) = (cause.line(), cause.column());
            config_error(&format!(
                "cluster Secret {} holds a broken config (line {line}, column {column})",
                self.secret
            ))
        })?;
        if config.exec_provider_config.is_some() || config.aws_auth_config.is_some() {
            return Err(config_error(&format!(
                "cluster Secret {} gets its credentials by running a command, which tiphys does \
                 not do on behalf of a cluster: add a context for {} to the kubeconfig",
                self.secret, self.server
            )));
        }
        serde_json::from_value(self.document(&config)).map_err(|cause| {
            tracing::debug!(line = cause.line(), "kubeconfig of a cluster Secret refused");
            config_error(&format!("cluster Secret {} cannot be used", self.secret))
        })
    }

    fn document(&self, config: &ClusterConfig) -> serde_json::Value {
        let tls = &config.tls_client_config;
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        serde_json::json!({
            "current-context": self.name,
            "contexts": [{
                "name": self.name,
                "context": {"cluster": self.name, "user": self.secret},
            }],
            "clusters": [{"name": self.name, "cluster": {
                "server": self.server,
                "insecure-skip-tls-verify": tls.insecure,
                "certificate-authority-data": given(&tls.ca_data),
                "tls-server-name": given(&tls.server_name),
                "proxy-url": given(&config.proxy_url),
                "disable-compression": config.disable_compression,
            }}],
            "users": [{"name": self.secret, "user": {
                "username": given(&config.username),
                "password": given(config.password.reveal()),
                "token": given(config.bearer_token.reveal()),
                "client-certificate-data": given(&tls.cert_data),
                "client-key-data": given(tls.key_data.reveal()),
            }}],
        })
    }
}

/// The decoded value of a Secret's data; `None` when it is missing or no text.
fn value(secret: &Node, key: &str) -> Option<String> {
    let encoded = secret.path(&["data", key])?.as_str()?;
    String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cluster Secret as the API server shows it.
    pub(in crate::cluster) fn secret(name: &str, server: &str, config: &str) -> ClusterSecret {
        let mut node = Node::mapping();
        node.set(&["metadata", "name"], format!("cluster-{name}"));
        node.set(&["metadata", "namespace"], "argocd");
        for (key, text) in [("name", name), ("server", server), ("config", config)] {
            node.set(&["data", key], STANDARD.encode(text));
        }
        ClusterSecret::from_node(&node).unwrap()
    }

    #[test]
    fn a_bearer_token_becomes_a_kubeconfig() {
        let config =
            r#"{"bearerToken":"t0k","tlsClientConfig":{"caData":"Y2E=","serverName":"x"}}"#;
        let kubeconfig = secret("prod", "https://prod.example/", config).kubeconfig().unwrap();
        let cluster = kubeconfig.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(cluster.server.as_deref(), Some("https://prod.example"));
        assert_eq!(cluster.certificate_authority_data.as_deref(), Some("Y2E="));
        assert_eq!(cluster.tls_server_name.as_deref(), Some("x"));
        assert!(kubeconfig.auth_infos[0].auth_info.as_ref().unwrap().token.is_some());
    }

    #[test]
    fn commands_from_a_secret_are_not_run() {
        let config = r#"{"execProviderConfig":{"command":"rm"}}"#;
        let error = secret("prod", "https://prod.example", config).kubeconfig().unwrap_err();
        assert!(error.message.contains("add a context for https://prod.example"), "{error}");
    }

    #[test]
    fn a_broken_config_is_refused_without_quoting_it() {
        let error = secret("prod", "https://p", r#"{"bearerToken": hunter2}"#).kubeconfig();
        let message = error.unwrap_err().message;
        assert!(message.contains("argocd/cluster-prod") && !message.contains("hunter2"));
    }

    #[test]
    fn a_secret_without_name_is_known_by_its_server() {
        let mut node = Node::mapping();
        node.set(&["data", "server"], STANDARD.encode("https://a"));
        assert_eq!(ClusterSecret::from_node(&node).unwrap().name, "https://a");
        assert!(ClusterSecret::from_node(&Node::mapping()).is_none());
    }
}
