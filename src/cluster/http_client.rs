//! The HTTP client below kube's: HTTP/2 where the server offers it, else HTTP/1.1.
//!
//! kube's own client speaks HTTP/1.1, where each request in flight takes a connection and a TLS
//! handshake of its own: for the short verbs that is most of the time. The layers around it
//! (address, credentials, impersonation) are kube's. Through a proxy kube's own client is used
//! as it is.

use std::time::Duration;

use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ClientBuilder, ConfigExt, RustlsTlsError};
use kube::{Client, Config, Error};
use tower::BoxError;
use tower::util::MapErrLayer;
use tower_http::decompression::DecompressionLayer;

/// How often a busy connection is asked whether it lives, and how long it may take to say so:
/// all requests share it, and a dead one does not end by itself.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_secs(20);

type Connector = TimeoutConnector<HttpsConnector<HttpConnector>>;

/// The client for what `config` says.
pub(super) fn build(config: Config) -> kube::Result<Client> {
    if config.proxy_url.is_some() {
        return Client::try_from(config);
    }
    let connections = HttpClient::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PING_PATIENCE)
        .build::<_, Body>(connector(&config)?);
    let gzip = DecompressionLayer::new().gzip(!config.disable_compression);
    let address = config.base_uri_layer();
    let client = ClientBuilder::new(connections, config.default_namespace.clone())
        .with_layer(&MapErrLayer::new(BoxError::from))
        .with_layer(&config.extra_headers_layer()?);
    Ok(match config.auth_layer()? {
        Some(login) => client.with_layer(&login).with_layer(&gzip).with_layer(&address).build(),
        None => client.with_layer(&gzip).with_layer(&address).build(),
    })
}

fn connector(config: &Config) -> kube::Result<Connector> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let mut tls = HttpsConnectorBuilder::new()
        .with_tls_config(config.rustls_client_config()?)
        .https_or_http();
    if let Some(name) = config.tls_server_name.clone() {
        let name = name
            .try_into()
            .map_err(|cause| Error::RustlsTls(RustlsTlsError::InvalidServerName(cause)))?;
        tls = tls.with_server_name_resolver(FixedServerNameResolver::new(name));
    }
    let mut connector = TimeoutConnector::new(tls.enable_all_versions().wrap_connector(tcp));
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    Ok(connector)
}
