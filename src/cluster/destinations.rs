//! Finds the cluster an Application goes to.
//!
//! `https://kubernetes.default.svc` and `in-cluster` are the cluster we are connected to, from
//! which Applications are read. Others are found in the kubeconfig and in Argo CD's cluster
//! Secrets; where both know a server, the kubeconfig's credentials are used: they are the
//! user's own. A name that could mean two servers is refused, never guessed.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::config::Kubeconfig;
use tokio::sync::{Mutex, OnceCell};

use super::argocd_namespace::ArgocdNamespace;
use super::client::ClusterClient;
use super::cluster_secret::{self, ClusterSecret};
use super::kubeconfig::{self, config_error};
use super::resources;
use crate::model::ApplicationDestination;
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, Content, Destinations, ListRequest, Pending,
};

/// How Argo CD calls the cluster it runs in.
pub const IN_CLUSTER_SERVER: &str = "https://kubernetes.default.svc";
/// And by name.
pub const IN_CLUSTER_NAME: &str = "in-cluster";

/// The clusters of the kubeconfig and of Argo CD's cluster Secrets.
pub struct KubeDestinations {
    home: Arc<ClusterClient>,
    argocd: Arc<ArgocdNamespace>,
    request_timeout: Duration,
    cache_dir: Option<PathBuf>,
    secrets: OnceCell<Vec<ClusterSecret>>,
    connected: Mutex<HashMap<Choice, Arc<ClusterClient>>>,
}

/// Where a destination was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Choice {
    /// The cluster we are connected to.
    Home,
    /// A context of the kubeconfig.
    Context(String),
    /// The cluster Secret in this place.
    Secret(usize),
}

/// What is known about clusters.
struct Known<'a> {
    home_server: &'a str,
    contexts: Vec<KnownContext>,
    secrets: &'a [ClusterSecret],
}

#[derive(Clone, Debug)]
struct KnownContext {
    name: String,
    cluster: String,
    user: String,
    server: String,
}

impl KubeDestinations {
    /// Destinations seen from `home`; Secrets are looked for in Argo CD's namespace there.
    pub fn new(
        home: Arc<ClusterClient>,
        argocd: Arc<ArgocdNamespace>,
        request_timeout: Duration,
        cache_dir: Option<PathBuf>,
    ) -> Self {
        Self {
            home,
            argocd,
            request_timeout,
            cache_dir,
            secrets: OnceCell::new(),
            connected: Mutex::new(HashMap::new()),
        }
    }

    async fn find(
        &self,
        destination: &ApplicationDestination,
    ) -> Result<Arc<ClusterClient>, ClusterError> {
        check(destination)?;
        if is_home(destination, self.home.server()) {
            return Ok(Arc::clone(&self.home));
        }
        let secrets = self.secrets.get_or_init(|| self.list_secrets()).await;
        let known = Known {
            home_server: self.home.server(),
            contexts: contexts_of(self.home.kubeconfig()),
            secrets,
        };
        let choice = choose(destination, &known)?;
        let mut connected = self.connected.lock().await;
        if let Some(client) = connected.get(&choice) {
            return Ok(Arc::clone(client));
        }
        let client = match &choice {
            Choice::Home => Arc::clone(&self.home),
            Choice::Context(name) => self.open(self.home.kubeconfig().clone(), name).await?,
            Choice::Secret(index) => {
                let secret = &secrets[*index];
                self.open(secret.kubeconfig()?, &secret.name).await?
            }
        };
        connected.insert(choice, Arc::clone(&client));
        Ok(client)
    }

    async fn open(
        &self,
        kubeconfig: Kubeconfig,
        context: &str,
    ) -> Result<Arc<ClusterClient>, ClusterError> {
        let chosen = kubeconfig::choose_context(kubeconfig, Some(context)).await?;
        let cache_dir = self.cache_dir.clone();
        Ok(Arc::new(ClusterClient::with_chosen(chosen, self.request_timeout, cache_dir)?))
    }

    /// The cluster Secrets, none when they cannot be read.
    async fn list_secrets(&self) -> Vec<ClusterSecret> {
        let namespace = match self.argocd.find().await {
            Ok(namespace) => namespace.to_owned(),
            Err(error) => {
                tracing::debug!(%error, "no cluster Secrets");
                return Vec::new();
            }
        };
        let request = ListRequest {
            resource: resources::secrets(),
            namespace: Some(namespace),
            label_selector: cluster_secret::SELECTOR.to_owned(),
            content: Content::Full,
        };
        match self.home.list(&request).await {
            Ok(list) => list.items.iter().filter_map(ClusterSecret::from_node).collect(),
            Err(error) => {
                tracing::debug!(%error, "no cluster Secrets");
                Vec::new()
            }
        }
    }
}

impl Destinations for KubeDestinations {
    fn connect<'a>(
        &'a self,
        destination: &'a ApplicationDestination,
    ) -> Pending<'a, Result<Arc<dyn Cluster>, ClusterError>> {
        Box::pin(async move {
            let client: Arc<dyn Cluster> = self.find(destination).await?;
            Ok(client)
        })
    }
}

/// Exactly one of server and name must be given; in Argo CD's words.
fn check(destination: &ApplicationDestination) -> Result<(), ClusterError> {
    match (destination.server.is_empty(), destination.name.is_empty()) {
        (true, true) => Err(config_error("destination server missing from app spec")),
        (false, false) => Err(config_error(&format!(
            "application destination can't have both name and server defined: {} {}",
            destination.name, destination.server
        ))),
        _ => Ok(()),
    }
}

fn is_home(destination: &ApplicationDestination, home_server: &str) -> bool {
    let server = destination.server.trim_end_matches('/');
    destination.name == IN_CLUSTER_NAME || server == IN_CLUSTER_SERVER || server == home_server
}

fn choose(destination: &ApplicationDestination, known: &Known<'_>) -> Result<Choice, ClusterError> {
    if is_home(destination, known.home_server) {
        Ok(Choice::Home)
    } else if destination.name.is_empty() {
        choose_by_server(destination.server.trim_end_matches('/'), known)
    } else {
        choose_by_name(&destination.name, known)
    }
}

fn choose_by_server(server: &str, known: &Known<'_>) -> Result<Choice, ClusterError> {
    if server == known.home_server {
        return Ok(Choice::Home);
    }
    let contexts: Vec<&KnownContext> =
        known.contexts.iter().filter(|context| context.server == server).collect();
    let users: BTreeSet<&str> = contexts.iter().map(|context| context.user.as_str()).collect();
    let secret = known.secrets.iter().position(|secret| secret.server == server);
    match (contexts.first(), secret) {
        (Some(context), _) if users.len() == 1 => Ok(Choice::Context(context.name.clone())),
        (_, Some(index)) => Ok(Choice::Secret(index)),
        (Some(_), None) => Err(config_error(&format!(
            "destination server {server} is reached by several contexts: use one of them as \
             destination.name: {}",
            names(contexts.iter().map(|context| context.name.as_str()))
        ))),
        (None, None) => Err(unknown(&format!("server {server}"), known)),
    }
}

fn choose_by_name(name: &str, known: &Known<'_>) -> Result<Choice, ClusterError> {
    let secret_servers = known.secrets.iter().filter(|secret| secret.name == name);
    let mut servers: BTreeSet<&str> = secret_servers.map(|s| s.server.as_str()).collect();
    let exact = known.contexts.iter().find(|context| context.name == name);
    let by_cluster = known.contexts.iter().filter(|context| context.cluster == name);
    let contexts: Vec<&KnownContext> = match exact {
        Some(context) => vec![context],
        None => by_cluster.collect(),
    };
    servers.extend(contexts.iter().map(|context| context.server.as_str()));
    let users: BTreeSet<&str> = contexts.iter().map(|context| context.user.as_str()).collect();
    let mut servers = servers.into_iter();
    match (servers.next(), servers.next()) {
        (None, _) => Err(unknown(&format!("name \"{name}\""), known)),
        (Some(first), Some(second)) => Err(config_error(&format!(
            "destination name \"{name}\" is ambiguous: {}",
            names([first, second].into_iter().chain(servers))
        ))),
        (Some(only), None) if only != known.home_server && users.len() == 1 => {
            Ok(Choice::Context(contexts[0].name.clone()))
        }
        (Some(only), None) => choose_by_server(only, known),
    }
}

fn unknown(what: &str, known: &Known<'_>) -> ClusterError {
    let contexts = names(known.contexts.iter().map(|context| context.name.as_str()));
    let secrets = names(known.secrets.iter().map(|secret| secret.name.as_str()));
    ClusterError::new(
        ClusterErrorKind::Config,
        format!(
            "no cluster is known for destination {what}: contexts of the kubeconfig: {contexts}; \
             cluster Secrets: {secrets}"
        ),
    )
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let list = names.collect::<Vec<_>>().join(", ");
    if list.is_empty() { "none".to_owned() } else { list }
}

fn contexts_of(kubeconfig: &Kubeconfig) -> Vec<KnownContext> {
    let known = kubeconfig.contexts.iter().filter_map(|named| {
        let context = named.context.as_ref()?;
        Some(KnownContext {
            name: named.name.clone(),
            cluster: context.cluster.clone(),
            user: context.user.clone().unwrap_or_default(),
            server: kubeconfig::server_of(kubeconfig, &named.name)?,
        })
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::cluster_secret::tests::secret;

    fn context(name: &str, user: &str, server: &str) -> KnownContext {
        KnownContext {
            name: name.to_owned(),
            cluster: format!("{name}-cluster"),
            user: user.to_owned(),
            server: server.to_owned(),
        }
    }

    fn choose_among(server: &str, name: &str) -> Result<Choice, String> {
        let secrets = [
            secret("prod", "https://prod", "{}"),
            secret("stage", "https://stage", "{}"),
            secret("twin", "https://twin-secret", "{}"),
        ];
        let known = Known {
            home_server: "https://home",
            contexts: vec![
                context("home", "me", "https://home"),
                context("stage-admin", "root", "https://stage"),
                context("a", "x", "https://shared"),
                context("b", "y", "https://shared"),
                context("twin", "me", "https://twin-context"),
            ],
            secrets: &secrets,
        };
        let destination = ApplicationDestination {
            server: server.to_owned(),
            name: name.to_owned(),
            namespace: String::new(),
        };
        check(&destination)
            .and_then(|()| choose(&destination, &known))
            .map_err(|error| error.message)
    }

    fn chosen(server: &str, name: &str, expected: &Choice) {
        assert_eq!(choose_among(server, name).as_ref(), Ok(expected), "{server} {name}");
    }

    fn refused(server: &str, name: &str, start: &str) {
        let message = choose_among(server, name).unwrap_err();
        assert!(message.starts_with(start), "{message}");
    }

    #[test]
    fn argo_cds_names_for_itself_mean_the_cluster_we_are_connected_to() {
        chosen("https://kubernetes.default.svc", "", &Choice::Home);
        chosen("https://kubernetes.default.svc/", "", &Choice::Home);
        chosen("", "in-cluster", &Choice::Home);
        chosen("https://home/", "", &Choice::Home);
        chosen("", "home", &Choice::Home);
    }

    #[test]
    fn a_server_is_found_in_the_kubeconfig_before_the_secrets() {
        chosen("https://stage", "", &Choice::Context("stage-admin".to_owned()));
        chosen("https://prod", "", &Choice::Secret(0));
    }

    #[test]
    fn a_name_is_a_secrets_or_a_contexts() {
        chosen("", "prod", &Choice::Secret(0));
        chosen("", "stage", &Choice::Context("stage-admin".to_owned()));
        chosen("", "a", &Choice::Context("a".to_owned()));
        chosen("", "b-cluster", &Choice::Context("b".to_owned()));
    }

    #[test]
    fn what_could_mean_two_clusters_is_refused() {
        refused("", "twin", "destination name \"twin\" is ambiguous: https://twin-context, ");
        refused("https://shared", "", "destination server https://shared is reached by several");
    }

    #[test]
    fn what_is_unknown_lists_what_is_known() {
        refused("https://gone", "", "no cluster is known for destination server https://gone: ");
        refused("", "gone", "no cluster is known for destination name \"gone\": contexts of ");
    }

    #[test]
    fn server_and_name_exclude_each_other() {
        let both = "application destination can't have both name and server defined: in-cluster x";
        refused("x", "in-cluster", both);
        refused("", "", "destination server missing from app spec");
    }
}
