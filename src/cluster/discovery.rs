//! What a server serves: two requests where it knows aggregated discovery (Kubernetes 1.27 and
//! later), else one per group and version, in parallel. Subresources are left out.

use futures::future;
use serde::Deserialize;

use super::request::ApiRequest;
use super::transport::Transport;
use crate::model::{ApiCatalog, ApiResource, Scope};
use crate::ports::{ClusterError, ClusterErrorKind};
use crate::yaml::Text;

/// Aggregated discovery in both its versions, else the plain one.
const ACCEPT_AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
/// A server with more groups and versions than this is not believed.
const GROUP_VERSIONS_MAX: usize = 5_000;

/// The answer of `/api` or `/apis`, whichever form the server chose.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Root {
    kind: String,
    /// Aggregated discovery.
    items: Vec<AggregatedGroup>,
    /// `APIVersions` of the core group.
    versions: Vec<String>,
    /// `APIGroupList`.
    groups: Vec<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AggregatedGroup {
    metadata: Named,
    versions: Vec<AggregatedVersion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AggregatedVersion {
    version: String,
    freshness: String,
    resources: Vec<AggregatedResource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AggregatedResource {
    resource: String,
    response_kind: Option<ResponseKind>,
    scope: String,
    verbs: Vec<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResponseKind {
    kind: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Group {
    name: String,
    versions: Vec<GroupVersion>,
    preferred_version: GroupVersion,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceList {
    resources: Vec<PlainResource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlainResource {
    name: String,
    kind: String,
    namespaced: bool,
    verbs: Vec<Text>,
}

/// Asks for everything a server serves.
pub(super) async fn fetch_catalog(transport: &Transport) -> Result<ApiCatalog, ClusterError> {
    let root = |path: &str| ApiRequest::get(path.to_owned()).accepting(ACCEPT_AGGREGATED);
    let (core_request, groups_request) = (root("/api"), root("/apis"));
    let (core, groups) = future::try_join(
        transport.send::<Root>(&core_request),
        transport.send::<Root>(&groups_request),
    )
    .await
    .map_err(|error| no_api_server(transport.server(), error))?;
    let mut resources = fetch_part(transport, core.content).await?;
    resources.extend(fetch_part(transport, groups.content).await?);
    Ok(ApiCatalog::from(resources))
}

/// Every API server has `/api` and `/apis`: what lacks them is something else.
fn no_api_server(server: &str, error: ClusterError) -> ClusterError {
    if error.kind != ClusterErrorKind::UnknownKind {
        return error;
    }
    let message = format!("{server} does not answer like a Kubernetes API server");
    ClusterError::new(ClusterErrorKind::Config, message)
}

/// The kinds behind `/api` or `/apis`.
async fn fetch_part(transport: &Transport, root: Root) -> Result<Vec<ApiResource>, ClusterError> {
    if root.kind == "APIGroupDiscoveryList" {
        return Ok(read_aggregated(root.items));
    }
    let wanted = group_versions(&root);
    let lists = wanted.iter().map(|(group, version)| fetch_list(transport, group, version));
    Ok(future::try_join_all(lists).await?.into_iter().flatten().collect())
}

fn read_aggregated(groups: Vec<AggregatedGroup>) -> Vec<ApiResource> {
    let mut resources = Vec::new();
    for group in groups {
        let name: Text = group.metadata.name.into();
        for version in group.versions {
            if version.freshness == "Stale" {
                tracing::debug!(
                    group = &*name,
                    version = version.version,
                    "the server behind an API group does not answer: its kinds may be outdated"
                );
            }
            let from_version: Text = version.version.into();
            resources.extend(
                version
                    .resources
                    .into_iter()
                    .filter_map(|resource| read_resource(resource, &name, &from_version)),
            );
        }
    }
    resources
}

/// `None` for entries that exist only to carry subresources.
fn read_resource(
    resource: AggregatedResource,
    group: &Text,
    version: &Text,
) -> Option<ApiResource> {
    let kind = resource.response_kind?.kind;
    let scope = if resource.scope == "Namespaced" { Scope::Namespaced } else { Scope::Cluster };
    (!kind.is_empty()).then(|| ApiResource {
        group: group.clone(),
        version: version.clone(),
        kind: kind.into(),
        plural: resource.resource.into(),
        scope,
        verbs: resource.verbs,
    })
}

/// Groups and versions of plain discovery, each group's preferred version first.
fn group_versions(root: &Root) -> Vec<(String, String)> {
    let core = root.versions.iter().map(|version| (String::new(), version.clone()));
    let grouped = root.groups.iter().flat_map(|group| {
        let preferred = &group.preferred_version.version;
        let others = group.versions.iter().map(|v| &v.version).filter(move |v| *v != preferred);
        let first = (!preferred.is_empty()).then_some(preferred);
        first.into_iter().chain(others).map(|version| (group.name.clone(), version.clone()))
    });
    core.chain(grouped).take(GROUP_VERSIONS_MAX).collect()
}

/// The kinds of one group in one version; none when the server behind the group is down, so
/// that one broken extension does not stop everything.
async fn fetch_list(
    transport: &Transport,
    group: &str,
    version: &str,
) -> Result<Vec<ApiResource>, ClusterError> {
    use crate::ports::ClusterErrorKind::{Other, UnknownKind, Unreachable};
    let path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    match transport.send::<ResourceList>(&ApiRequest::get(path)).await {
        Ok(answer) => Ok(read_plain(answer.content, group, version)),
        Err(error)
            if !group.is_empty() && matches!(error.kind, Unreachable | UnknownKind | Other) =>
        {
            tracing::warn!(group, version, %error, "cannot read the kinds of an API group");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn read_plain(list: ResourceList, group: &str, version: &str) -> Vec<ApiResource> {
    let (group, version): (Text, Text) = (group.into(), version.into());
    let whole = list.resources.into_iter().filter(|resource| !resource.name.contains('/'));
    whole
        .map(|resource| ApiResource {
            group: group.clone(),
            version: version.clone(),
            kind: resource.kind.into(),
            plural: resource.name.into(),
            scope: if resource.namespaced { Scope::Namespaced } else { Scope::Cluster },
            verbs: resource.verbs,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(resources: &[ApiResource]) -> Vec<String> {
        let line = |r: &ApiResource| {
            format!("{} {} {} {:?} {}", r.api_version(), r.kind, r.plural, r.scope, r.verbs.len())
        };
        resources.iter().map(line).collect()
    }

    #[test]
    fn aggregated_discovery_gives_kinds_without_subresources() {
        let root: Root = serde_json::from_value(serde_json::json!({
            "kind": "APIGroupDiscoveryList",
            "items": [{
                "metadata": {"name": "autoscaling"},
                "versions": [
                    {"version": "v2", "freshness": "Current", "resources": [{
                        "resource": "horizontalpodautoscalers", "scope": "Namespaced",
                        "responseKind": {"group": "autoscaling", "version": "v2",
                            "kind": "HorizontalPodAutoscaler"},
                        "verbs": ["get", "list"],
                        "subresources": [{"subresource": "status", "verbs": ["get"]}],
                    }, {
                        "resource": "onlysubresources", "scope": "Namespaced",
                        "responseKind": {"group": "", "version": "", "kind": ""},
                        "verbs": [],
                    }]},
                    {"version": "v1", "resources": []},
                ],
            }],
        }))
        .unwrap();
        assert_eq!(
            describe(&read_aggregated(root.items)),
            ["autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers Namespaced 2"]
        );
    }

    #[test]
    fn plain_discovery_puts_the_preferred_version_first() {
        let root: Root = serde_json::from_value(serde_json::json!({
            "kind": "APIGroupList",
            "groups": [{
                "name": "batch",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                "preferredVersion": {"groupVersion": "batch/v1", "version": "v1"},
            }],
        }))
        .unwrap();
        let pair = |group: &str, version: &str| (group.to_owned(), version.to_owned());
        assert_eq!(group_versions(&root), [pair("batch", "v1"), pair("batch", "v1beta1")]);
        let core: Root =
            serde_json::from_str(r#"{"kind":"APIVersions","versions":["v1"]}"#).unwrap();
        assert_eq!(group_versions(&core), [pair("", "v1")]);
    }

    #[test]
    fn plain_lists_leave_out_subresources() {
        let list: ResourceList = serde_json::from_value(serde_json::json!({
            "resources": [
                {"name": "nodes", "kind": "Node", "namespaced": false, "verbs": ["get"]},
                {"name": "nodes/status", "kind": "Node", "namespaced": false, "verbs": ["get"]},
            ],
        }))
        .unwrap();
        assert_eq!(describe(&read_plain(list, "", "v1")), ["v1 Node nodes Cluster 1"]);
    }
}
