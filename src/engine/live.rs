//! Finding an Application's live objects with as few requests as possible.
//!
//! Two searches: the known objects (targets, status, last result, record) by one list per kind
//! and namespace, or single GETs where few are wanted; and the rest, objects of kinds or
//! namespaces no longer in Git, by metadata-only lists of every kind, filtered by tracking id.
//! What may not be read is reported and never taken for absent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::{join, join_all};

use super::error::EngineError;
use crate::compare::exclusions::is_excluded;
use crate::compare::{LiveState, TargetState};
use crate::model::{ApiCatalog, ApiResource, ResourceKey};
use crate::ports::{Cluster, ClusterError, ClusterErrorKind, Content, ListRequest, ObjectList};
use crate::yaml::Node;

/// Up to so many objects of a kind and namespace are fetched one by one: the namespace may hold
/// thousands of others.
const SINGLE_GETS_MAX: usize = 2;

/// Where to look for objects that are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scan {
    /// Nowhere: the known objects are all there are.
    Known,
    /// In the destination namespace and the namespaces of the known objects.
    #[default]
    Namespaces,
    /// In all namespaces.
    Cluster,
}

/// What to look for.
pub struct LiveRequest<'a> {
    /// The cluster.
    pub cluster: &'a dyn Cluster,
    /// What it serves.
    pub catalog: &'a ApiCatalog,
    /// What Git wants.
    pub targets: &'a TargetState,
    /// Objects known from before.
    pub known: &'a BTreeSet<ResourceKey>,
    /// The destination namespace, `""` for none.
    pub destination_namespace: &'a str,
    /// Where to look for the rest.
    pub scan: Scan,
    /// Whether an object is marked as the Application's own, under its own name.
    pub is_tracked: &'a (dyn Fn(&Node) -> bool + Send + Sync),
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The objects.
    pub state: LiveState,
    /// Known objects that may not be read, with the server's words.
    pub unreadable: BTreeMap<ResourceKey, String>,
    /// Kinds that may not be listed when looking for the rest.
    pub unlisted_kinds: BTreeSet<String>,
}

/// A kind in a namespace (`""` for cluster-scoped kinds).
type Place = (ApiResourceKey, String);
/// Group, version and plural: what a URL holds.
type ApiResourceKey = (String, String, String);

/// The wanted objects of one kind in one namespace.
#[derive(Clone, Debug)]
struct Wanted {
    resource: ApiResource,
    namespace: String,
    names: BTreeSet<String>,
}

/// A metadata-only list and what came of it.
type ListAnswer = (ListRequest, Result<ObjectList, ClusterError>);

/// What one place gave.
struct PlaceAnswer {
    objects: Vec<Node>,
    unreadable: Vec<(ResourceKey, String)>,
    listed_whole: bool,
}

/// Finds the live objects of an Application.
///
/// # Errors
/// When the cluster fails in a way that would make objects look absent.
pub async fn find(request: &LiveRequest<'_>) -> Result<Found, EngineError> {
    let wanted = wanted_places(request);
    let targets: BTreeSet<&ResourceKey> =
        request.targets.objects.iter().map(|object| &object.key).collect();
    // Both searches at once: one round trip, not two.
    let expected: BTreeSet<Place> =
        wanted.iter().filter(|(_, place)| place.is_listed()).map(|(key, _)| key.clone()).collect();
    let (answers, rest) = join(
        join_all(wanted.values().map(|place| fetch(request.cluster, place))),
        list_all(request.cluster, rest_lists(request, &expected)),
    )
    .await;
    let mut found = Found::default();
    let mut listed: BTreeSet<Place> = BTreeSet::new();
    for (place, answer) in wanted.iter().zip(answers) {
        let answer = answer?;
        if answer.listed_whole {
            listed.insert(place.0.clone());
        }
        found.unreadable.extend(answer.unreadable);
        keep_known(&mut found.state, answer.objects, &place.1.names, request, &targets);
    }
    let missed: BTreeSet<Place> = expected.difference(&listed).cloned().collect();
    let missed = rest_lists(request, &listed)
        .into_iter()
        .filter(|list| missed.contains(&list_place(list)))
        .collect();
    let rest = rest.into_iter().chain(list_all(request.cluster, missed).await).collect();
    take_rest(request, rest, &mut found).await?;
    drop_duplicates(&mut found.state, request.targets);
    Ok(found)
}

/// Finds exactly these objects again; objects that are gone are left out.
///
/// # Errors
/// When the cluster fails, or an object may not be read any more.
pub async fn find_again(
    cluster: &dyn Cluster,
    objects: impl Iterator<Item = (ApiResource, ResourceKey)>,
) -> Result<LiveState, EngineError> {
    let mut places = BTreeMap::new();
    for (resource, key) in objects {
        add_wanted(&mut places, resource, &key);
    }
    let mut state = LiveState::default();
    for (wanted, answer) in
        places.values().zip(join_all(places.values().map(|place| fetch(cluster, place))).await)
    {
        let answer = answer?;
        if let Some((key, message)) = answer.unreadable.into_iter().next() {
            return Err(unreadable(&key, &message));
        }
        keep(&mut state, answer.objects, |object| wanted.names.contains(object.name()));
    }
    Ok(state)
}

/// The error of an object that may not be read.
pub fn unreadable(key: &ResourceKey, message: &str) -> EngineError {
    EngineError::new(
        super::error::EngineErrorKind::Permission,
        format!("{key} may not be read: {message}"),
    )
}

fn wanted_places(request: &LiveRequest<'_>) -> BTreeMap<Place, Wanted> {
    let mut places = BTreeMap::new();
    let mut targets = BTreeSet::new();
    for object in &request.targets.objects {
        targets.insert(&object.key);
        if let Some(resource) = object.resource.clone().filter(|_| !object.key.name.is_empty()) {
            add_wanted(&mut places, resource, &object.key);
        }
    }
    for key in request.known.iter().filter(|key| !targets.contains(key)) {
        let resource = request.catalog.find(&key.group_kind());
        if let Some(resource) = resource.filter(|resource| resource.has_verb("get")) {
            add_wanted(&mut places, resource.clone(), key);
        }
    }
    places
}

fn add_wanted(places: &mut BTreeMap<Place, Wanted>, resource: ApiResource, key: &ResourceKey) {
    let namespace =
        if resource.is_namespaced() { key.namespace.to_string() } else { String::new() };
    let place = (resource_key(&resource), namespace.clone());
    let wanted = places.entry(place).or_insert_with(|| Wanted {
        resource,
        namespace,
        names: BTreeSet::new(),
    });
    wanted.names.insert(key.name.to_string());
}

fn resource_key(resource: &ApiResource) -> ApiResourceKey {
    (resource.group.to_string(), resource.version.to_string(), resource.plural.to_string())
}

async fn fetch(cluster: &dyn Cluster, wanted: &Wanted) -> Result<PlaceAnswer, EngineError> {
    if wanted.is_listed() {
        let request = list_request(&wanted.resource, &wanted.namespace, Content::Full);
        match cluster.list(&request).await {
            Ok(list) => {
                let objects = list.items;
                return Ok(PlaceAnswer { objects, unreadable: Vec::new(), listed_whole: true });
            }
            Err(error) if is_absence(&error) => return Ok(PlaceAnswer::empty()),
            // Single objects may be readable where the list is not.
            Err(error) if error.kind == ClusterErrorKind::Forbidden => {}
            Err(error) => return Err(reading_failed(wanted, error)),
        }
    }
    fetch_one_by_one(cluster, wanted).await
}

async fn fetch_one_by_one(
    cluster: &dyn Cluster,
    wanted: &Wanted,
) -> Result<PlaceAnswer, EngineError> {
    let get = |name| cluster.get(&wanted.resource, &wanted.namespace, name);
    let answers = join_all(wanted.names.iter().map(|name| get(name))).await;
    let mut place = PlaceAnswer::empty();
    for (name, answer) in wanted.names.iter().zip(answers) {
        match answer {
            Ok(object) => place.objects.extend(object),
            Err(error) if is_absence(&error) => {}
            Err(error) if error.kind == ClusterErrorKind::Forbidden => {
                let resource = &wanted.resource;
                let key =
                    ResourceKey::new(&resource.group, &resource.kind, &wanted.namespace, name);
                place.unreadable.push((key, error.message));
            }
            Err(error) => return Err(reading_failed(wanted, error)),
        }
    }
    Ok(place)
}

async fn list_all(cluster: &dyn Cluster, lists: Vec<ListRequest>) -> Vec<ListAnswer> {
    let answers = join_all(lists.iter().map(|list| cluster.list(list))).await;
    lists.into_iter().zip(answers).collect()
}

/// Fetches what metadata-only lists showed to be the Application's own.
async fn take_rest(
    request: &LiveRequest<'_>,
    rest: Vec<ListAnswer>,
    found: &mut Found,
) -> Result<(), EngineError> {
    let mut hits: BTreeMap<Place, Wanted> = BTreeMap::new();
    for (list, answer) in rest {
        match answer {
            Ok(objects) => {
                let own = objects.items.iter().filter(|object| is_own(request, object));
                for key in own.map(Node::key).filter(|key| !found.state.objects.contains_key(key)) {
                    add_wanted(&mut hits, list.resource.clone(), &key);
                }
            }
            Err(error) if is_absence(&error) => {}
            Err(error) if may_be_skipped(&error) => {
                found.unlisted_kinds.insert(list.resource.group_kind().to_string());
            }
            Err(error) => return Err(EngineError::from(error)),
        }
    }
    let answers = join_all(hits.values().map(|place| fetch(request.cluster, place))).await;
    for (wanted, answer) in hits.values().zip(answers) {
        keep(&mut found.state, answer?.objects, |object| wanted.names.contains(object.name()));
    }
    Ok(())
}

fn list_place(list: &ListRequest) -> Place {
    (resource_key(&list.resource), list.namespace.clone().unwrap_or_default())
}

/// The lists that look for the rest: every kind that can be listed and deleted, in each
/// namespace of interest, but for the places that are listed whole anyway.
fn rest_lists(request: &LiveRequest<'_>, listed: &BTreeSet<Place>) -> Vec<ListRequest> {
    if request.scan == Scan::Known {
        return Vec::new();
    }
    let namespaces = namespaces_of_interest(request);
    let searchable = |resource: &&ApiResource| {
        resource.has_verb("list")
            && resource.has_verb("delete")
            && !is_excluded(&resource.group, &resource.kind)
    };
    let mut lists = Vec::new();
    for resource in request.catalog.preferred().filter(searchable) {
        let everywhere = !resource.is_namespaced() || request.scan == Scan::Cluster;
        let places: Vec<&str> =
            if everywhere { vec![""] } else { namespaces.iter().map(String::as_str).collect() };
        for namespace in places {
            let place = (resource_key(resource), namespace.to_owned());
            let whole = listed.contains(&place) && (!resource.is_namespaced() || !everywhere);
            if !whole {
                lists.push(list_request(resource, namespace, Content::MetadataOnly));
            }
        }
    }
    lists
}

fn namespaces_of_interest(request: &LiveRequest<'_>) -> BTreeSet<String> {
    let targets = request.targets.objects.iter().map(|object| &object.key.namespace);
    let known = request.known.iter().map(|key| &key.namespace);
    let mut namespaces: BTreeSet<String> = targets.chain(known).map(ToString::to_string).collect();
    namespaces.insert(request.destination_namespace.to_owned());
    namespaces.remove("");
    namespaces
}

fn list_request(resource: &ApiResource, namespace: &str, content: Content) -> ListRequest {
    ListRequest {
        resource: resource.clone(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        label_selector: String::new(),
        content,
    }
}

fn is_own(request: &LiveRequest<'_>, object: &Node) -> bool {
    !object.has_owners() && (request.is_tracked)(object)
}

/// Keeps targets and own objects of one place. A list holds also targets that Git wants in
/// another version of the kind: those count only until that version's own place gives them.
fn keep_known(
    state: &mut LiveState,
    objects: Vec<Node>,
    names: &BTreeSet<String>,
    request: &LiveRequest<'_>,
    targets: &BTreeSet<&ResourceKey>,
) {
    for object in objects {
        let key = object.key();
        if names.contains(object.name()) && targets.contains(&key) {
            state.objects.insert(key, Arc::new(object));
        } else if targets.contains(&key) || is_own(request, &object) {
            state.objects.entry(key).or_insert_with(|| Arc::new(object));
        }
    }
}

fn keep(state: &mut LiveState, objects: Vec<Node>, is_kept: impl Fn(&Node) -> bool) {
    for object in objects.into_iter().filter(|object| is_kept(object)) {
        state.objects.insert(object.key(), Arc::new(object));
    }
}

/// The same object may be served under two groups: only the one Git names stays, else the
/// first.
fn drop_duplicates(state: &mut LiveState, targets: &TargetState) {
    let wanted: BTreeSet<&ResourceKey> = targets.objects.iter().map(|object| &object.key).collect();
    let mut by_uid: BTreeMap<String, Vec<ResourceKey>> = BTreeMap::new();
    for (key, object) in state.objects.iter().filter(|(_, object)| !object.uid().is_empty()) {
        by_uid.entry(object.uid().to_owned()).or_default().push(key.clone());
    }
    for keys in by_uid.into_values().filter(|keys| keys.len() > 1) {
        let any_wanted = keys.iter().any(|key| wanted.contains(key));
        let extra = keys.into_iter().enumerate().filter(|(position, key)| {
            if any_wanted { !wanted.contains(key) } else { *position > 0 }
        });
        for (_, key) in extra {
            state.objects.remove(&key);
        }
    }
}

/// Whether an error says that nothing is there.
fn is_absence(error: &ClusterError) -> bool {
    matches!(error.kind, ClusterErrorKind::NotFound | ClusterErrorKind::UnknownKind)
}

/// Whether a kind may be left out of the search for the rest: not allowed, or an aggregated API
/// whose server is down.
fn may_be_skipped(error: &ClusterError) -> bool {
    matches!(error.kind, ClusterErrorKind::Forbidden | ClusterErrorKind::Other)
}

fn reading_failed(wanted: &Wanted, error: ClusterError) -> EngineError {
    let place = if wanted.namespace.is_empty() {
        String::new()
    } else {
        format!(" in namespace {}", wanted.namespace)
    };
    let kind = wanted.resource.group_kind();
    EngineError::from(error).while_doing(&format!("cannot read {kind}{place}"))
}

impl Wanted {
    /// Whether the place is listed, rather than its objects fetched one by one.
    fn is_listed(&self) -> bool {
        self.names.len() > SINGLE_GETS_MAX && self.resource.has_verb("list")
    }
}

impl PlaceAnswer {
    fn empty() -> Self {
        Self { objects: Vec::new(), unreadable: Vec::new(), listed_whole: false }
    }
}
