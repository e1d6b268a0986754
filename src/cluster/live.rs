//! Reading: one object, or a collection page by page.
//!
//! Lists are consistent reads (no resource version asked for): what was written before the list
//! began is in it.

use serde::Deserialize;

use super::request::{self, ApiRequest};
use super::transport::Transport;
use crate::model::ApiResource;
use crate::ports::{ClusterError, ClusterErrorKind, Content, ListRequest, ObjectList};
use crate::yaml::{Mapping, Node, Text};

/// Objects per page, as Argo CD 3.5 and kubectl ask.
const PAGE_SIZE: &str = "500";
/// How many pages a list may have: 5 million objects.
const PAGES_MAX: usize = 10_000;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Option<Vec<Node>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

/// One object, `None` when it is not there.
pub(super) async fn get(
    transport: &Transport,
    resource: &ApiResource,
    namespace: &str,
    name: &str,
) -> Result<Option<Node>, ClusterError> {
    let request = ApiRequest::get(request::object_path(resource, namespace, name)?);
    match transport.send::<Node>(&request).await {
        Ok(answer) => Ok(Some(answer.content)),
        Err(error) if error.kind == ClusterErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All objects of a collection that match; `field_selector` is `""` for all.
pub(super) async fn list(
    transport: &Transport,
    wanted: &ListRequest,
    field_selector: &str,
) -> Result<ObjectList, ClusterError> {
    match list_pages(transport, wanted, field_selector).await {
        // The pages were too slow for the server's history: one fresh start.
        Err(error) if error.kind == ClusterErrorKind::Expired => {
            list_pages(transport, wanted, field_selector).await
        }
        result => result,
    }
}

async fn list_pages(
    transport: &Transport,
    wanted: &ListRequest,
    field_selector: &str,
) -> Result<ObjectList, ClusterError> {
    let namespace = wanted.namespace.as_deref().unwrap_or("");
    let path = request::collection_path(&wanted.resource, namespace);
    let mut list = ObjectList::default();
    let mut next = String::new();
    for _ in 0..PAGES_MAX {
        let query = [
            ("labelSelector", wanted.label_selector.as_str()),
            ("fieldSelector", field_selector),
            ("limit", PAGE_SIZE),
            ("continue", next.as_str()),
        ];
        let request = ApiRequest::get(request::with_query(path.clone(), &query))
            .accepting(request::accept_list(wanted.content));
        let page = transport.send::<Page>(&request).await?.content;
        list.items.extend(page.items.unwrap_or_default());
        list.resource_version = page.metadata.resource_version;
        next = page.metadata.next;
        if next.is_empty() {
            fill_in_kind(&mut list.items, &wanted.resource, wanted.content);
            return Ok(list);
        }
    }
    let message = format!("the list of {} does not end", wanted.resource.plural);
    Err(ClusterError::new(ClusterErrorKind::Other, message))
}

/// Items of a list carry neither apiVersion nor kind, or those of the metadata envelope.
fn fill_in_kind(items: &mut [Node], resource: &ApiResource, content: Content) {
    let api_version: Text = resource.api_version().into();
    for item in items {
        set_kind(item, &api_version, &resource.kind, content);
    }
}

/// Puts apiVersion and kind in front, unless a whole object has its own.
pub(super) fn set_kind(item: &mut Node, api_version: &Text, kind: &Text, content: Content) {
    if content == Content::Full && !item.kind().is_empty() {
        return;
    }
    let Some(old) = item.as_mapping_mut().map(std::mem::take) else { return };
    let mut filled = Mapping::default();
    filled.push("apiVersion".into(), api_version.clone().into());
    filled.push("kind".into(), kind.clone().into());
    for (key, value) in old {
        if &*key != "apiVersion" && &*key != "kind" {
            filled.push(key, value);
        }
    }
    *item = filled.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    #[test]
    fn items_get_the_kind_of_their_collection() {
        let check = |item: &str, content: Content, filled: &str| {
            let mut items = vec![serde_json::from_str::<Node>(item).unwrap()];
            fill_in_kind(&mut items, &resources::leases(), content);
            assert_eq!(serde_json::to_string(&items[0]).unwrap(), filled);
        };
        check(
            r#"{"metadata":{"name":"a"}}"#,
            Content::Full,
            r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"}}"#,
        );
        check(
            r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{}}"#,
            Content::MetadataOnly,
            r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{}}"#,
        );
    }

    #[test]
    fn a_page_without_items_is_empty() {
        let page: Page = serde_json::from_str(r#"{"metadata":{},"items":null}"#).unwrap();
        assert!(page.items.is_none());
    }
}
