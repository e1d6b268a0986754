//! One object deleted, and only if it is still the object that was meant: it is read again, its
//! tracking id is checked, and the deletion carries its uid and resource version.

use crate::engine::error::EngineError;
use crate::model::tracking::{self, Ownership};
use crate::model::{ApiResource, ResourceKey, Settings};
use crate::ports::{Cluster, ClusterErrorKind, DeleteRequest, DryRun, Propagation};
use crate::yaml::Node;

/// How often an object that changes meanwhile is looked at again.
const RACES_MAX: usize = 5;

/// How objects are deleted.
#[derive(Clone, Copy)]
pub struct Remover<'a> {
    /// The cluster.
    pub cluster: &'a dyn Cluster,
    /// The Application's instance name.
    pub instance: &'a str,
    /// How ownership is marked.
    pub settings: &'a Settings,
    /// What happens to dependents.
    pub propagation: Propagation,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// It was asked for; finalizers or dependents hold it.
    Requested,
    /// It belongs to somebody else by now and stays.
    NotOurs,
}

impl Remover<'_> {
    /// Deletes the object under `key` if it still has `uid` and is still ours.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(
        &self,
        resource: &ApiResource,
        key: &ResourceKey,
        uid: &str,
    ) -> Result<Removed, EngineError> {
        let namespace = if resource.is_namespaced() { &*key.namespace } else { "" };
        let mut last = None;
        for _ in 0..RACES_MAX {
            let Some(live) = self.cluster.get(resource, namespace, &key.name).await? else {
                return Ok(Removed::Gone);
            };
            if live.uid() != uid {
                return Ok(Removed::Gone);
            }
            if live.is_being_deleted() {
                return Ok(Removed::Requested);
            }
            if !self.is_ours(&live) {
                return Ok(Removed::NotOurs);
            }
            match self.cluster.delete(&self.request(resource, namespace, &live)).await {
                Ok(()) => return Ok(Removed::Requested),
                Err(error) if error.kind == ClusterErrorKind::NotFound => {
                    return Ok(Removed::Gone);
                }
                Err(error) if error.kind == ClusterErrorKind::Conflict => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.map_or_else(|| unstable(key), EngineError::from))
    }

    fn is_ours(&self, live: &Node) -> bool {
        tracking::is_tracked_by(live, self.instance, self.settings) == Ownership::Ours
    }

    fn request(&self, resource: &ApiResource, namespace: &str, live: &Node) -> DeleteRequest {
        DeleteRequest {
            resource: resource.clone(),
            namespace: namespace.to_owned(),
            name: live.name().to_owned(),
            uid: Some(live.uid().to_owned()),
            resource_version: Some(live.resource_version().to_owned()),
            propagation: self.propagation,
            dry_run: DryRun::No,
        }
    }
}

fn unstable(key: &ResourceKey) -> EngineError {
    EngineError::new(
        crate::engine::error::EngineErrorKind::Cluster,
        format!("{key} changes all the time and was not deleted"),
    )
}
