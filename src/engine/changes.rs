//! Notices that something in an Application's places changed, so that a wait looks again at
//! once and not only every few seconds.
//!
//! Watches are an accelerator, never the truth: one that fails or ends is dropped, and the
//! regular look goes on.

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::stream::{self, Stream, StreamExt};

use crate::compare::Comparison;
use crate::model::{ApiCatalog, ApiResource};
use crate::ports::{Cluster, Content, ListRequest};

/// More places than this are not watched: an application spread so wide is looked at regularly.
const WATCHES_MAX: usize = 64;

/// A stream that yields once for every change in the places of an Application's objects. It
/// never ends.
pub async fn changes(
    cluster: &dyn Cluster,
    catalog: &ApiCatalog,
    comparison: &Comparison,
) -> impl Stream<Item = ()> + Send + Unpin + use<> {
    let requests = requests(catalog, comparison);
    let opening = requests.iter().map(|request| cluster.watch(request, ""));
    let opened = join_all(opening).await.into_iter().filter_map(Result::ok);
    let watches =
        opened.map(|watch| watch.filter_map(|event| async move { event.ok().map(|_| ()) }).boxed());
    stream::select_all(watches).chain(stream::pending())
}

fn requests(catalog: &ApiCatalog, comparison: &Comparison) -> Vec<ListRequest> {
    let mut places: BTreeMap<(String, String), ListRequest> = BTreeMap::new();
    for pair in &comparison.resources {
        let target = pair.target.as_ref().and_then(|target| target.resource.as_ref());
        let Some(resource) = target.or_else(|| catalog.find(&pair.key.group_kind())) else {
            continue;
        };
        if resource.has_verb("watch") {
            let namespace = pair.key.namespace.to_string();
            let place = (resource.group_kind().to_string(), namespace.clone());
            places.entry(place).or_insert_with(|| request(resource, namespace));
        }
    }
    if places.len() > WATCHES_MAX { Vec::new() } else { places.into_values().collect() }
}

fn request(resource: &ApiResource, namespace: String) -> ListRequest {
    ListRequest {
        resource: resource.clone(),
        namespace: (!namespace.is_empty()).then_some(namespace),
        label_selector: String::new(),
        content: Content::MetadataOnly,
    }
}
