//! A connection to one cluster: the port [`Cluster`] over kube's client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::Config;
use kube::config::Kubeconfig;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::discovery_cache::{CATALOG_AGE_MAX, DiscoveryCache};
use super::kubeconfig::{self, Chosen, ConnectOptions, KubeconfigFacts};
use super::request::ApiRequest;
use super::transport::Transport;
use super::{apply, delete, discovery, error, http_client, live, watch};
use crate::model::{ApiCatalog, ApiResource};
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, DeleteRequest, Freshness, ListRequest, ObjectList,
    Pending, WatchStream, WriteOutcome, WriteRequest,
};
use crate::yaml::Node;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One Kubernetes API server.
pub struct ClusterClient {
    transport: Transport,
    facts: KubeconfigFacts,
    kubeconfig: Kubeconfig,
    cache: Option<DiscoveryCache>,
    catalog: Mutex<Option<KnownCatalog>>,
}

struct KnownCatalog {
    catalog: Arc<ApiCatalog>,
    since: Instant,
}

impl ClusterClient {
    /// Finds the cluster that `options` mean and gets ready to talk to it. No request is sent,
    /// but the kubeconfig's credential command may run.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ClusterError> {
        let chosen = kubeconfig::choose(options).await?;
        Self::with_chosen(chosen, options.request_timeout, options.cache_dir.clone())
    }

    pub(super) fn with_chosen(
        chosen: Chosen,
        request_timeout: Duration,
        cache_dir: Option<PathBuf>,
    ) -> Result<Self, ClusterError> {
        let Chosen { config, facts, kubeconfig } = chosen;
        let cache = cache_dir.map(|folder| {
            let authority = config.root_cert.iter().flatten().flatten().copied();
            DiscoveryCache::new(&folder, &facts.server, &authority.collect::<Vec<u8>>())
        });
        let client = build_client(config, &facts.server)?;
        Ok(Self {
            transport: Transport::new(client, facts.server.clone(), request_timeout),
            facts,
            kubeconfig,
            cache,
            catalog: Mutex::new(None),
        })
    }

    /// What the kubeconfig says about this connection.
    pub fn kubeconfig_facts(&self) -> &KubeconfigFacts {
        &self.facts
    }

    /// Everything the kubeconfig holds.
    pub(super) fn kubeconfig(&self) -> &Kubeconfig {
        &self.kubeconfig
    }

    /// The version of the server, for example `v1.36.3`.
    pub async fn server_version(&self) -> Result<String, ClusterError> {
        let answer = self.transport.send::<Node>(&ApiRequest::get("/version".to_owned())).await?;
        Ok(answer.content.str_at(&["gitVersion"]).to_owned())
    }

    /// Lists with a field selector besides the label selector.
    pub(super) async fn list_fields(
        &self,
        request: &ListRequest,
        field_selector: &str,
    ) -> Result<ObjectList, ClusterError> {
        let result = live::list(&self.transport, request, field_selector).await;
        self.notice(result).await
    }

    async fn find_catalog(&self, freshness: Freshness) -> Result<Arc<ApiCatalog>, ClusterError> {
        let mut known = self.catalog.lock().await;
        if freshness == Freshness::Cached {
            let young = known.as_ref().filter(|known| known.since.elapsed() < CATALOG_AGE_MAX);
            if let Some(young) = young {
                return Ok(Arc::clone(&young.catalog));
            }
        }
        let cached = match freshness {
            Freshness::Cached => self.cache.as_ref().and_then(DiscoveryCache::load),
            Freshness::Fresh => None,
        };
        let catalog = match cached {
            Some(catalog) => catalog,
            None => self.fetch_catalog().await?,
        };
        let catalog = Arc::new(catalog);
        *known = Some(KnownCatalog { catalog: Arc::clone(&catalog), since: Instant::now() });
        Ok(catalog)
    }

    async fn fetch_catalog(&self) -> Result<ApiCatalog, ClusterError> {
        let catalog = discovery::fetch_catalog(&self.transport).await?;
        if let Some(cache) = &self.cache {
            cache.store(&catalog);
        }
        Ok(catalog)
    }

    /// Forgets the catalog when the server does not serve a kind: the next look is a fresh one.
    async fn notice<T>(&self, result: Result<T, ClusterError>) -> Result<T, ClusterError> {
        if matches!(&result, Err(error) if error.kind == ClusterErrorKind::UnknownKind) {
            *self.catalog.lock().await = None;
            if let Some(cache) = &self.cache {
                cache.forget();
            }
        }
        result
    }
}

impl Cluster for ClusterClient {
    fn server(&self) -> &str {
        self.transport.server()
    }

    fn catalog(&self, freshness: Freshness) -> Pending<'_, Result<Arc<ApiCatalog>, ClusterError>> {
        Box::pin(self.find_catalog(freshness))
    }

    fn get<'a>(
        &'a self,
        resource: &'a ApiResource,
        namespace: &'a str,
        name: &'a str,
    ) -> Pending<'a, Result<Option<Node>, ClusterError>> {
        Box::pin(async move {
            let result = live::get(&self.transport, resource, namespace, name).await;
            self.notice(result).await
        })
    }

    fn list<'a>(
        &'a self,
        request: &'a ListRequest,
    ) -> Pending<'a, Result<ObjectList, ClusterError>> {
        Box::pin(self.list_fields(request, ""))
    }

    fn write<'a>(
        &'a self,
        request: &'a WriteRequest,
    ) -> Pending<'a, Result<WriteOutcome, ClusterError>> {
        Box::pin(async move { self.notice(apply::write(&self.transport, request).await).await })
    }

    fn delete<'a>(&'a self, request: &'a DeleteRequest) -> Pending<'a, Result<(), ClusterError>> {
        Box::pin(async move { self.notice(delete::delete(&self.transport, request).await).await })
    }

    fn watch<'a>(
        &'a self,
        request: &'a ListRequest,
        resource_version: &'a str,
    ) -> Pending<'a, Result<WatchStream, ClusterError>> {
        Box::pin(async move {
            self.notice(watch::watch(&self.transport, request, resource_version).await).await
        })
    }
}

fn build_client(mut config: Config, server: &str) -> Result<kube::Client, ClusterError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing the race to another thread that installs the same provider is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // The transport has its own rules for time limits and repetitions.
    config.default_retry = false;
    if is_loopback(config.cluster_url.host().unwrap_or("")) {
        config.disable_compression = true;
    }
    http_client::build(config).map_err(|cause| match error::from_transport(server, &cause) {
        unclear if unclear.kind == ClusterErrorKind::Unreachable => kubeconfig::config_error(
            &format!("the kubeconfig's entries for {server} cannot be used: {cause}"),
        ),
        clear => clear,
    })
}

/// Whether a host is this machine: compression would only cost time.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_recognised() {
        let check = |host: &str, expected: bool| assert_eq!(is_loopback(host), expected, "{host}");
        check("127.0.0.1", true);
        check("[::1]", true);
        check("localhost", true);
        check("10.0.0.1", false);
        check("api.example.com", false);
    }
}
