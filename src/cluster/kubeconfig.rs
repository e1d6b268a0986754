//! Which cluster, as whom: kubeconfig files merged as kubectl does, or the Pod's own account.
//!
//! Neither environment nor home folder is read here: the caller passes them in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError, NamedContext};

use crate::ports::{ClusterError, ClusterErrorKind};

/// How to find the cluster and how long to wait for it.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// `--kubeconfig`: this file alone.
    pub kubeconfig: Option<PathBuf>,
    /// The value of `KUBECONFIG`: a list of files, earlier ones win.
    pub kubeconfig_env: Option<OsString>,
    /// The user's home folder, for `.kube/config`.
    pub home: Option<PathBuf>,
    /// `--context`; the kubeconfig's current one without.
    pub context: Option<String>,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// Whether the Pod's service account may be used where there is no kubeconfig.
    pub in_cluster: InCluster,
    /// Where discovery is cached; `None`: nowhere.
    pub cache_dir: Option<PathBuf>,
}

/// Whether the Pod's service account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InCluster {
    /// It may, where there is no kubeconfig.
    Allowed,
    /// It may not.
    Forbidden,
}

/// What the kubeconfig says about a connection: for messages and the holder of a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeconfigFacts {
    /// Name of the context, empty inside a cluster.
    pub context: String,
    /// URL of the API server.
    pub server: String,
    /// The context's namespace, else `default`.
    pub namespace: String,
    /// Name of the user entry.
    pub user: String,
}

/// The kubeconfig in force, and what was chosen from it.
pub(super) struct Chosen {
    pub(super) config: Config,
    pub(super) facts: KubeconfigFacts,
    /// Everything the files hold; empty inside a cluster.
    pub(super) kubeconfig: Kubeconfig,
}

/// Finds the cluster that `options` mean.
pub(super) async fn choose(options: &ConnectOptions) -> Result<Chosen, ClusterError> {
    let kubeconfig = load(options)?;
    if kubeconfig.contexts.is_empty() && options.context.is_none() {
        return choose_in_cluster(options);
    }
    choose_context(kubeconfig, options.context.as_deref()).await
}

/// Takes a context (or the current one) out of a kubeconfig.
pub(super) async fn choose_context(
    kubeconfig: Kubeconfig,
    context: Option<&str>,
) -> Result<Chosen, ClusterError> {
    let name = context.or(kubeconfig.current_context.as_deref()).unwrap_or("").to_owned();
    let Some(found) = find_context(&kubeconfig, &name) else {
        return Err(config_error(&missing_context(&kubeconfig, &name)));
    };
    let user = found.user.clone().unwrap_or_default();
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig.clone(), &options)
        .await
        .map_err(|cause| broken(&format!("context \"{name}\" of the kubeconfig"), &cause))?;
    let facts = KubeconfigFacts {
        context: name.clone(),
        server: server_of(&kubeconfig, &name).unwrap_or_default(),
        namespace: config.default_namespace.clone(),
        user,
    };
    Ok(Chosen { config, facts, kubeconfig })
}

fn choose_in_cluster(options: &ConnectOptions) -> Result<Chosen, ClusterError> {
    let missing = &missing_kubeconfig(options);
    if options.in_cluster == InCluster::Forbidden {
        return Err(config_error(missing));
    }
    let config = Config::incluster().map_err(|cause| {
        tracing::debug!(%cause, "not inside a cluster");
        config_error(missing)
    })?;
    let facts = KubeconfigFacts {
        context: String::new(),
        server: config.cluster_url.to_string().trim_end_matches('/').to_owned(),
        namespace: config.default_namespace.clone(),
        user: "the Pod's service account".to_owned(),
    };
    Ok(Chosen { config, facts, kubeconfig: Kubeconfig::default() })
}

/// The files in force, merged. Files that are missing count only when named by `--kubeconfig`.
fn load(options: &ConnectOptions) -> Result<Kubeconfig, ClusterError> {
    if let Some(file) = &options.kubeconfig {
        return read(file);
    }
    let mut merged = Kubeconfig::default();
    for file in files_of(options).iter().filter(|file| file.exists()) {
        merged = merged
            .merge(read(file)?)
            .map_err(|cause| broken(&format!("kubeconfig {}", file.display()), &cause))?;
    }
    Ok(merged)
}

/// The files that may hold a kubeconfig, there or not.
fn files_of(options: &ConnectOptions) -> Vec<PathBuf> {
    if let Some(file) = &options.kubeconfig {
        return vec![file.clone()];
    }
    let listed: Vec<PathBuf> = options
        .kubeconfig_env
        .as_ref()
        .map(|list| std::env::split_paths(list).filter(|p| !p.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if listed.is_empty() {
        options.home.iter().map(|home| home.join(".kube").join("config")).collect()
    } else {
        listed
    }
}

fn read(file: &Path) -> Result<Kubeconfig, ClusterError> {
    Kubeconfig::read_from(file)
        .map_err(|cause| broken(&format!("kubeconfig {}", file.display()), &cause))
}

fn broken(what: &str, cause: &KubeconfigError) -> ClusterError {
    match cause {
        KubeconfigError::ReadConfig(source, _) => {
            config_error(&format!("cannot read {what}: {source}"))
        }
        // Only the first line: the rest may show a line of the file, with a token in it.
        other => {
            let said = other.to_string();
            let first = said.lines().next().unwrap_or_default();
            config_error(&format!("{what} cannot be used: {first}"))
        }
    }
}

fn missing_kubeconfig(options: &ConnectOptions) -> String {
    let files: Vec<String> =
        files_of(options).iter().map(|file| file.display().to_string()).collect();
    let looked = if files.is_empty() {
        String::new()
    } else {
        format!(" (no context in {})", files.join(", "))
    };
    format!(
        "no kubeconfig found{looked}: pass --kubeconfig FILE, set KUBECONFIG or write ~/.kube/config"
    )
}

fn missing_context(kubeconfig: &Kubeconfig, name: &str) -> String {
    let names: Vec<&str> = kubeconfig.contexts.iter().map(|c| c.name.as_str()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    if name.is_empty() {
        format!("the kubeconfig has no current context: pass --context, one of: {known}")
    } else {
        format!("context \"{name}\" is not in the kubeconfig, which has: {known}")
    }
}

fn find_context<'a>(kubeconfig: &'a Kubeconfig, name: &str) -> Option<&'a kube::config::Context> {
    let is_it = |context: &&NamedContext| context.name == name;
    kubeconfig.contexts.iter().find(is_it)?.context.as_ref()
}

/// The server URL behind a context, without a slash at the end.
pub(super) fn server_of(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let cluster = &find_context(kubeconfig, context)?.cluster;
    let found = kubeconfig.clusters.iter().find(|named| named.name == *cluster)?;
    let server = found.cluster.as_ref()?.server.as_deref()?;
    Some(server.trim_end_matches('/').to_owned())
}

/// An error about the kubeconfig or the destination.
pub(super) fn config_error(message: &str) -> ClusterError {
    ClusterError::new(ClusterErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: a
  cluster: {server: 'https://a.example/'}
contexts:
- name: one
  context: {cluster: a, user: me, namespace: team}
- name: broken
  context: {cluster: gone, user: me}
users:
- name: me
  user: {token: t}
";

    fn options() -> ConnectOptions {
        ConnectOptions {
            kubeconfig: None,
            kubeconfig_env: None,
            home: None,
            context: None,
            request_timeout: Duration::from_secs(5),
            in_cluster: InCluster::Forbidden,
            cache_dir: None,
        }
    }

    fn message(result: Result<Chosen, ClusterError>) -> String {
        let error = result.err().unwrap();
        assert_eq!(error.kind, ClusterErrorKind::Config);
        error.message
    }

    #[tokio::test]
    async fn facts_come_from_the_chosen_context() {
        let kubeconfig = Kubeconfig::from_yaml(TWO).unwrap();
        let chosen = choose_context(kubeconfig, None).await.unwrap();
        let facts = KubeconfigFacts {
            context: "one".to_owned(),
            server: "https://a.example".to_owned(),
            namespace: "team".to_owned(),
            user: "me".to_owned(),
        };
        assert_eq!(chosen.facts, facts);
    }

    #[tokio::test]
    async fn a_wrong_context_lists_the_known_ones() {
        let kubeconfig = Kubeconfig::from_yaml(TWO).unwrap();
        let said = message(choose_context(kubeconfig, Some("two")).await);
        assert_eq!(said, "context \"two\" is not in the kubeconfig, which has: one, broken");
        let kubeconfig = Kubeconfig::from_yaml(TWO).unwrap();
        let said = message(choose_context(kubeconfig, Some("broken")).await);
        assert!(
            said.starts_with("context \"broken\" of the kubeconfig cannot be used: "),
            "{said}"
        );
    }

    #[tokio::test]
    async fn no_kubeconfig_at_all_says_how_to_give_one() {
        assert!(message(choose(&options()).await).starts_with("no kubeconfig found: "));
    }

    #[tokio::test]
    async fn earlier_files_of_the_list_win_and_missing_ones_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("first");
        let second = folder.path().join("second");
        #[expect(clippy::disallowed_methods, reason = "test data")]
        {
            std::fs::write(&first, "current-context: broken\n").unwrap();
            std::fs::write(&second, TWO).unwrap();
        }
        let files = [folder.path().join("missing"), first, second];
        let list = std::env::join_paths(files).unwrap();
        let merged = load(&ConnectOptions { kubeconfig_env: Some(list), ..options() }).unwrap();
        assert_eq!(merged.current_context.as_deref(), Some("broken"));
        assert_eq!(merged.contexts.len(), 2);
        let missing = Some(folder.path().join("missing"));
        let error = load(&ConnectOptions { kubeconfig: missing, ..options() }).unwrap_err();
        assert!(error.message.starts_with("cannot read kubeconfig "), "{error}");
    }
}
