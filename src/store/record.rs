//! The record of an Application in a file: the ConfigMap `tiphys-<name>` in its destination
//! namespace, with identity, status and inventory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::new;
use super::lease::{MANAGED_BY_LABEL, MANAGER};
use crate::model::operation::{ResourceResult, ResultCode};
use crate::model::{Application, ApplicationStatus, InventoryEntry, ResourceKey};
use crate::ports::{StoreError, StoreErrorKind};
use crate::yaml::{Mapping, Node, Text, Value};

/// Marks records.
const RECORD_LABEL: &str = "tiphys.dev/record";
/// How much JSON a record may be; a ConfigMap may hold 1 MiB.
const SIZE_MAX: usize = 1_000_000;

/// Which Application a record belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Identity {
    pub(super) namespace: String,
    pub(super) name: String,
    #[serde(rename = "repoURL")]
    pub(super) repo_url: String,
    pub(super) path: String,
}

/// What a record holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record {
    pub(super) identity: Identity,
    pub(super) status: Node,
    pub(super) inventory: Vec<InventoryEntry>,
    /// Version it was read in, empty for a new one.
    pub(super) resource_version: String,
}

/// The name of an Application's record.
pub(super) fn record_name(application: &str) -> String {
    format!("tiphys-{application}")
}

impl Identity {
    /// The identity of an Application; with several sources the first one counts.
    pub(super) fn of(application: &Application) -> Self {
        let name = application.name();
        let sources = application.sources();
        let source = sources.first();
        Self {
            namespace: name.namespace,
            name: name.name,
            repo_url: source.map(|source| source.repo_url.clone()).unwrap_or_default(),
            path: source.map(|source| source.path.clone()).unwrap_or_default(),
        }
    }

    fn describe(&self) -> String {
        let Self { namespace, name, repo_url, path } = self;
        format!("Application {namespace}/{name} from {repo_url} path \"{path}\"")
    }
}

impl Record {
    /// Reads a record's ConfigMap.
    pub(super) fn from_node(config_map: &Node) -> Result<Self, StoreError> {
        let place = format!("{}/{}", config_map.namespace(), config_map.name());
        if config_map.label(RECORD_LABEL).is_none() {
            let message = format!("ConfigMap {place} is in the way: it is no record of tiphys");
            return Err(new(StoreErrorKind::Invalid, message));
        }
        Ok(Self {
            identity: read_key(config_map, &place, "identity")?.unwrap_or_default(),
            status: read_key(config_map, &place, "status")?.unwrap_or_default(),
            inventory: read_key(config_map, &place, "inventory")?.unwrap_or_default(),
            resource_version: config_map.resource_version().to_owned(),
        })
    }

    /// Writes a record's ConfigMap.
    pub(super) fn to_node(&self, namespace: &str, name: &str) -> Result<Node, StoreError> {
        let unwritable = |cause: serde_json::Error| {
            new(StoreErrorKind::Invalid, format!("record of {name} cannot be written: {cause}"))
        };
        let mut node = Node::mapping();
        node.set(&["apiVersion"], "v1");
        node.set(&["kind"], "ConfigMap");
        node.set(&["metadata", "name"], name);
        node.set(&["metadata", "namespace"], namespace);
        node.set_label(RECORD_LABEL, "application");
        node.set_label(MANAGED_BY_LABEL, MANAGER);
        if !self.resource_version.is_empty() {
            node.set(&["metadata", "resourceVersion"], self.resource_version.as_str());
        }
        let identity = serde_json::to_string(&self.identity).map_err(unwritable)?;
        let (status, inventory) = self.fitted().map_err(unwritable)?;
        node.set(&["data", "identity"], identity);
        node.set(&["data", "status"], status);
        node.set(&["data", "inventory"], inventory);
        Ok(node)
    }

    /// Status and inventory as JSON that fits into a ConfigMap. What can be found out again is
    /// left out first: the compared objects, then the rows of the last result, then the uids.
    fn fitted(&self) -> Result<(String, String), serde_json::Error> {
        let fits = |status: &str, inventory: &str| status.len() + inventory.len() <= SIZE_MAX;
        let mut status = serde_json::to_string(&self.status)?;
        let mut inventory = serde_json::to_string(&self.inventory)?;
        let mut smaller = self.status.clone();
        for path in [&["resources"][..], &["operationState", "syncResult", "resources"]] {
            if fits(&status, &inventory) {
                return Ok((status, inventory));
            }
            smaller.remove(path);
            status = serde_json::to_string(&smaller)?;
        }
        if !fits(&status, &inventory) {
            let anonymous = self.inventory.iter().cloned();
            let anonymous: Vec<InventoryEntry> =
                anonymous.map(|entry| InventoryEntry { uid: Text::default(), ..entry }).collect();
            inventory = serde_json::to_string(&anonymous)?;
        }
        Ok((status, inventory))
    }

    /// Refuses a record that belongs to another Application.
    pub(super) fn check_identity(
        &self,
        ours: &Identity,
        namespace: &str,
    ) -> Result<(), StoreError> {
        if self.identity == *ours {
            return Ok(());
        }
        let record = record_name(&ours.name);
        Err(StoreError {
            kind: StoreErrorKind::Invalid,
            message: format!(
                "the record {namespace}/{record} belongs to {}, not to {}",
                self.identity.describe(),
                ours.describe()
            ),
            hint: format!(
                "rename this Application, or delete the other one first; if it only moved: \
                 `kubectl --namespace {namespace} delete configmap {record}`"
            ),
        })
    }

    /// Takes over what a patch says: `status` is merged, `inventory` replaced. Without one, the
    /// results of the sync tell what was applied and pruned.
    pub(super) fn apply_patch(&mut self, patch: &Node) -> Result<(), StoreError> {
        let invalid = |cause: serde_json::Error| {
            new(StoreErrorKind::Invalid, format!("the patch of a record is not valid: {cause}"))
        };
        if let Some(status) = patch.get("status") {
            merge(&mut self.status, status);
        }
        match patch.get("inventory") {
            Some(inventory) => self.inventory = inventory.decode().map_err(invalid)?,
            None if patch.path(&["status", "operationState", "syncResult"]).is_some() => {
                let status: ApplicationStatus = self.status.decode().map_err(invalid)?;
                let result = status.operation_state.and_then(|state| state.sync_result);
                note_results(&mut self.inventory, &result.unwrap_or_default().resources);
            }
            None => {}
        }
        Ok(())
    }
}

/// Adds what a sync has applied and takes away what it has pruned. Hooks are not kept: they
/// have their own rules for deletion.
fn note_results(inventory: &mut Vec<InventoryEntry>, results: &[ResourceResult]) {
    let mut known: BTreeSet<ResourceKey> = inventory.iter().map(InventoryEntry::key).collect();
    let mut pruned = BTreeSet::new();
    for row in results.iter().filter(|row| row.hook_type.is_empty()) {
        match row.status {
            Some(ResultCode::Synced) if known.insert(row.key()) => {
                inventory.push(InventoryEntry {
                    group: row.group.clone(),
                    kind: row.kind.clone(),
                    namespace: row.namespace.clone(),
                    name: row.name.clone(),
                    uid: "".into(),
                });
            }
            Some(ResultCode::Pruned) => {
                pruned.insert(row.key());
            }
            _ => {}
        }
    }
    inventory.retain(|entry| !pruned.contains(&entry.key()));
}

/// JSON merge patch (RFC 7386).
fn merge(target: &mut Node, patch: &Node) {
    let Value::Mapping(changes) = &patch.value else {
        *target = patch.clone();
        return;
    };
    if target.as_mapping().is_none() {
        *target = Mapping::default().into();
    }
    for (key, change) in changes.iter() {
        if change.is_null() {
            target.remove(&[&**key]);
        } else if let Some(mapping) = target.as_mapping_mut() {
            merge(mapping.entry(key), change);
        }
    }
}

fn read_key<T: serde::de::DeserializeOwned>(
    config_map: &Node,
    place: &str,
    key: &str,
) -> Result<Option<T>, StoreError> {
    let text = config_map.str_at(&["data", key]);
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|cause| {
        let message = format!("the record {place} is damaged: {key}: {cause}");
        new(StoreErrorKind::Invalid, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn merging_follows_rfc_7386() {
        let check = |target: &str, patch: &str, merged: &str| {
            let mut result = node(target);
            merge(&mut result, &node(patch));
            assert_eq!(result, node(merged), "{target} + {patch}");
        };
        check(r#"{"a":"b"}"#, r#"{"a":"c","d":1}"#, r#"{"a":"c","d":1}"#);
        check(r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":null}}"#, r#"{"a":{"c":2}}"#);
        check(r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#);
        check("null", r#"{"a":{"b":null,"c":{}}}"#, r#"{"a":{"c":{}}}"#);
    }

    #[test]
    fn a_record_survives_the_way_to_the_server_and_back() {
        let record = Record {
            identity: Identity { name: "web".to_owned(), ..Identity::default() },
            status: node(r#"{"sync":{"status":"Synced"}}"#),
            inventory: vec![InventoryEntry { kind: "Pod".into(), ..InventoryEntry::default() }],
            resource_version: "7".to_owned(),
        };
        let config_map = record.to_node("shop", "tiphys-web").unwrap();
        assert_eq!(config_map.label(RECORD_LABEL), Some("application"));
        assert_eq!(Record::from_node(&config_map).unwrap(), record);
    }

    #[test]
    fn a_config_map_of_somebody_else_is_refused() {
        let error = Record::from_node(&node(
            r#"{"metadata":{"name":"tiphys-web","namespace":"shop"},"data":{}}"#,
        ))
        .unwrap_err();
        assert!(error.message.starts_with("ConfigMap shop/tiphys-web is in the way"), "{error}");
    }

    #[test]
    fn sync_results_keep_the_inventory() {
        let mut record = Record {
            inventory: vec![
                InventoryEntry { kind: "Service".into(), name: "old".into(), ..Default::default() },
                InventoryEntry {
                    kind: "Secret".into(),
                    name: "kept".into(),
                    uid: "u".into(),
                    ..Default::default()
                },
            ],
            ..Record::default()
        };
        let patch = node(
            r#"{"status":{"operationState":{"phase":"Succeeded","syncResult":{"resources":[
                {"kind":"Service","name":"old","status":"Pruned"},
                {"kind":"Secret","name":"kept","status":"Synced"},
                {"kind":"ConfigMap","name":"new","status":"Synced"},
                {"kind":"Pod","name":"bad","status":"SyncFailed"},
                {"kind":"Job","name":"hook","status":"Synced","hookType":"PreSync"}]}}}}"#,
        );
        record.apply_patch(&patch).unwrap();
        let names: Vec<&str> = record.inventory.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["kept", "new"]);
        assert_eq!(&*record.inventory[0].uid, "u");
    }

    #[test]
    fn an_inventory_in_the_patch_is_taken_as_it_is() {
        let mut record = Record::default();
        let patch = node(r#"{"inventory":[{"kind":"Pod","name":"a","uid":"u"}]}"#);
        record.apply_patch(&patch).unwrap();
        assert_eq!(&*record.inventory[0].uid, "u");
    }

    #[test]
    fn a_record_of_very_many_objects_fits_into_a_config_map() {
        let entry = |number: usize| InventoryEntry {
            kind: "ConfigMap".into(),
            namespace: "production".into(),
            name: format!("object-{number:05}").as_str().into(),
            uid: "01234567-89ab-cdef-0123-456789abcdef".into(),
            ..InventoryEntry::default()
        };
        let rows: Vec<Node> = (0..10_000).map(|_| Node::from("a row".repeat(20))).collect();
        let mut status = Node::mapping();
        status.set(&["resources"], rows.clone());
        status.set(&["operationState", "syncResult", "resources"], rows);
        status.set(&["operationState", "phase"], "Running");
        let inventory = (0..10_000).map(entry).collect();
        let record = Record { status, inventory, ..Record::default() };
        let config_map = record.to_node("production", "tiphys-shop").unwrap();
        let size = |key| config_map.str_at(&["data", key]).len();
        assert!(size("status") + size("inventory") <= SIZE_MAX);
        let read = Record::from_node(&config_map).unwrap();
        assert_eq!(read.inventory.len(), 10_000);
        assert_eq!(read.status.str_at(&["operationState", "phase"]), "Running");
    }
}
