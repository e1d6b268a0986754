//! Destinations for verbs that only render: there is no cluster, and asking for one is an error.

use std::sync::Arc;

use super::kubeconfig::config_error;
use crate::model::ApplicationDestination;
use crate::ports::{Cluster, ClusterError, Destinations, Pending};

/// Connects to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCluster;

impl Destinations for NoCluster {
    fn connect<'a>(
        &'a self,
        _destination: &'a ApplicationDestination,
    ) -> Pending<'a, Result<Arc<dyn Cluster>, ClusterError>> {
        Box::pin(async { Err(no_cluster()) })
    }
}

/// What asking for a cluster is answered with.
pub fn no_cluster() -> ClusterError {
    config_error("this only renders, without a cluster")
}
