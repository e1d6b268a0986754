//! The port [`Cluster`](crate::ports::Cluster) over the Kubernetes API, and the port
//! [`Destinations`](crate::ports::Destinations) over kubeconfig and Argo CD's cluster Secrets.
//!
//! kube's client carries connection, TLS and credentials; requests are built here and answers
//! read straight into [`Node`](crate::yaml::Node)s. What Argo CD's resources mean is no concern
//! of this folder: see `store`.

mod apply;
pub mod argocd_namespace;
pub mod client;
mod cluster_secret;
mod delete;
pub mod destinations;
mod discovery;
mod discovery_cache;
pub mod error;
mod http_client;
pub mod kubeconfig;
mod live;
mod no_cluster;
mod request;
pub mod resources;
mod transport;
mod watch;

pub use argocd_namespace::ArgocdNamespace;
pub use client::ClusterClient;
pub use destinations::KubeDestinations;
pub use kubeconfig::{ConnectOptions, InCluster, KubeconfigFacts};
pub use no_cluster::{NoCluster, no_cluster};
