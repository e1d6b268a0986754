//! Deleting one object, with preconditions and a propagation policy.

use http::Method;
use serde::de::IgnoredAny;

use super::error;
use super::request::{self, ApiRequest, Repetition};
use super::transport::Transport;
use crate::ports::{ClusterError, DeleteRequest, DryRun, Propagation};
use crate::yaml::Node;

/// Asks for the deletion of one object.
pub(super) async fn delete(
    transport: &Transport,
    wanted: &DeleteRequest,
) -> Result<(), ClusterError> {
    let path = request::object_path(&wanted.resource, &wanted.namespace, &wanted.name)?;
    let body = serde_json::to_vec(&delete_options(wanted))
        .map_err(|cause| error::unwritable("DeleteOptions", &wanted.name, &cause))?;
    let request =
        ApiRequest::with_body(Method::DELETE, path, "application/json", body, Repetition::Harmless);
    transport.send::<IgnoredAny>(&request).await?;
    Ok(())
}

fn delete_options(wanted: &DeleteRequest) -> Node {
    let mut options = Node::mapping();
    options.set(&["apiVersion"], "v1");
    options.set(&["kind"], "DeleteOptions");
    options.set(&["propagationPolicy"], policy_word(wanted.propagation));
    if let Some(uid) = &wanted.uid {
        options.set(&["preconditions", "uid"], uid.as_str());
    }
    if let Some(version) = &wanted.resource_version {
        options.set(&["preconditions", "resourceVersion"], version.as_str());
    }
    if wanted.dry_run == DryRun::Server {
        options.set(&["dryRun"], vec![Node::from("All")]);
    }
    options
}

fn policy_word(propagation: Propagation) -> &'static str {
    match propagation {
        Propagation::Foreground => "Foreground",
        Propagation::Background => "Background",
        Propagation::Orphan => "Orphan",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    #[test]
    fn options_carry_what_was_asked_for() {
        let mut wanted = DeleteRequest {
            resource: resources::config_maps(),
            namespace: "a".to_owned(),
            name: "b".to_owned(),
            uid: None,
            resource_version: None,
            propagation: Propagation::Background,
            dry_run: DryRun::No,
        };
        let check = |wanted: &DeleteRequest, json: &str| {
            assert_eq!(serde_json::to_string(&delete_options(wanted)).unwrap(), json);
        };
        check(
            &wanted,
            r#"{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"}"#,
        );
        wanted.uid = Some("u".to_owned());
        wanted.resource_version = Some("7".to_owned());
        wanted.dry_run = DryRun::Server;
        let options = delete_options(&wanted);
        assert_eq!(options.str_at(&["preconditions", "uid"]), "u");
        assert_eq!(options.str_at(&["preconditions", "resourceVersion"]), "7");
        assert_eq!(options.get("dryRun"), Some(&vec![Node::from("All")].into()));
    }
}
