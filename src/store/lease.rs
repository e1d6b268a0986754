//! The lock: one `coordination.k8s.io/v1` Lease beside the Application or its record.
//!
//! Who may take it, and when it counts as expired, is the engine's to say. A released Lease is
//! deleted, so that nothing stays behind.

use jiff::Timestamp;

use super::error;
use crate::cluster::resources;
use crate::ports::{
    Cluster, ClusterError, ClusterErrorKind, DeleteRequest, DryRun, FieldValidation, Lease,
    Propagation, StoreError, StoreErrorKind, WriteRequest, WriteVerb,
};
use crate::yaml::Node;

/// Field manager of what tiphys keeps for itself.
pub(super) const MANAGER: &str = "tiphys";
/// Says who made an object.
pub(super) const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";

/// The Lease that locks an application.
pub(super) fn lease_name(application: &str) -> String {
    format!("tiphys-{application}")
}

/// Reads a Lease, `None` when there is none.
pub(super) async fn get(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
) -> Result<Option<Lease>, StoreError> {
    let found = cluster
        .get(&resources::leases(), namespace, name)
        .await
        .map_err(|cause| failed("get", namespace, name, cause))?;
    Ok(found.as_ref().map(from_node))
}

/// Creates a Lease or replaces exactly the version it was read in; one without holder is
/// deleted instead.
pub(super) async fn put(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
    lease: &Lease,
) -> Result<Lease, StoreError> {
    if lease.holder.is_empty() {
        match release(cluster, namespace, name, lease).await {
            // Who may not delete it can still write that nobody holds it.
            Err(error) if error.kind == StoreErrorKind::Forbidden => {}
            result => return result,
        }
    }
    let verb =
        if lease.resource_version.is_empty() { WriteVerb::Create } else { WriteVerb::Replace };
    let request = WriteRequest {
        resource: resources::leases(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        body: to_node(namespace, name, lease),
        verb,
        dry_run: DryRun::No,
        validation: FieldValidation::Strict,
        manager: MANAGER,
    };
    let word = if verb == WriteVerb::Create { "create" } else { "update" };
    match cluster.write(&request).await {
        Ok(outcome) => Ok(from_node(&outcome.object)),
        Err(cause) => Err(failed(word, namespace, name, cause)),
    }
}

async fn release(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
    lease: &Lease,
) -> Result<Lease, StoreError> {
    if !lease.resource_version.is_empty() {
        delete(cluster, namespace, name, Some(&lease.resource_version)).await?;
    }
    Ok(Lease { resource_version: String::new(), ..lease.clone() })
}

/// Deletes a Lease; one that is gone already is as good.
pub(super) async fn delete(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
    resource_version: Option<&str>,
) -> Result<(), StoreError> {
    let request = DeleteRequest {
        resource: resources::leases(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: None,
        resource_version: resource_version.map(str::to_owned),
        propagation: Propagation::Background,
        dry_run: DryRun::No,
    };
    match cluster.delete(&request).await {
        Err(cause) if cause.kind != ClusterErrorKind::NotFound => {
            Err(failed("delete", namespace, name, cause))
        }
        _ => Ok(()),
    }
}

fn failed(verb: &'static str, namespace: &str, name: &str, cause: ClusterError) -> StoreError {
    let lock = error::Attempt {
        verb,
        singular: "lease",
        plural: "leases",
        namespace,
        name,
        user: "this user",
    };
    match cause.kind {
        // On a replace the Lease is gone, on a create somebody made it: both lost the race.
        ClusterErrorKind::AlreadyExists => {
            error::new(StoreErrorKind::Conflict, lock.failed(cause).message)
        }
        ClusterErrorKind::NotFound if verb == "update" => {
            error::new(StoreErrorKind::Conflict, lock.failed(cause).message)
        }
        ClusterErrorKind::UnknownKind => error::from_cluster(cause),
        _ => lock.failed(cause),
    }
}

fn from_node(node: &Node) -> Lease {
    let number = |key: &str| {
        let value = node.path(&["spec", key]).and_then(Node::as_i64);
        value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
    };
    let time = |key: &str| node.str_at(&["spec", key]).parse::<Timestamp>().ok();
    Lease {
        holder: node.str_at(&["spec", "holderIdentity"]).to_owned(),
        acquired: time("acquireTime"),
        renewed: time("renewTime"),
        duration_secs: number("leaseDurationSeconds"),
        transitions: number("leaseTransitions"),
        resource_version: node.resource_version().to_owned(),
    }
}

fn to_node(namespace: &str, name: &str, lease: &Lease) -> Node {
    let mut node = Node::mapping();
    node.set(&["apiVersion"], "coordination.k8s.io/v1");
    node.set(&["kind"], "Lease");
    node.set(&["metadata", "name"], name);
    node.set(&["metadata", "namespace"], namespace);
    node.set_label(MANAGED_BY_LABEL, MANAGER);
    if !lease.resource_version.is_empty() {
        node.set(&["metadata", "resourceVersion"], lease.resource_version.as_str());
    }
    node.set(&["spec", "holderIdentity"], lease.holder.as_str());
    node.set(&["spec", "leaseDurationSeconds"], i64::from(lease.duration_secs));
    node.set(&["spec", "leaseTransitions"], i64::from(lease.transitions));
    for (key, time) in [("acquireTime", lease.acquired), ("renewTime", lease.renewed)] {
        if let Some(time) = time {
            node.set(&["spec", key], micro_time(time));
        }
    }
    node
}

/// Kubernetes' MicroTime: exactly six digits.
fn micro_time(time: Timestamp) -> String {
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_survives_the_way_to_the_server_and_back() {
        let lease = Lease {
            holder: "me@here pid 1 id x".to_owned(),
            acquired: Some("2026-11-23T07:04:36Z".parse().unwrap()),
            renewed: Some("2026-11-23T07:04:46.25Z".parse().unwrap()),
            duration_secs: 30,
            transitions: 2,
            resource_version: "17".to_owned(),
        };
        let node = to_node("argocd", "tiphys-web", &lease);
        assert_eq!(node.str_at(&["spec", "acquireTime"]), "2026-11-23T07:04:36.000000Z");
        assert_eq!(node.str_at(&["spec", "renewTime"]), "2026-11-23T07:04:46.250000Z");
        assert_eq!(from_node(&node), lease);
    }

    #[test]
    fn a_lost_race_is_a_conflict() {
        let check = |verb, kind, expected| {
            let error = failed(verb, "a", "tiphys-b", ClusterError::new(kind, "x"));
            assert_eq!(error.kind, expected);
        };
        check("create", ClusterErrorKind::AlreadyExists, StoreErrorKind::Conflict);
        check("update", ClusterErrorKind::Conflict, StoreErrorKind::Conflict);
        check("update", ClusterErrorKind::NotFound, StoreErrorKind::Conflict);
        check("update", ClusterErrorKind::Forbidden, StoreErrorKind::Forbidden);
    }
}
