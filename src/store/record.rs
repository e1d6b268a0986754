//! The record of an Application in a file: the ConfigMap `tiphys-<name>` in its destination
//! namespace, with identity, status and inventory.

use serde::{Deserialize, Serialize};

use super::error::new;
use super::lease::{MANAGED_BY_LABEL, MANAGER};
use crate::model::operation::{ResourceResult, ResultCode};
use crate::model::{Application, ApplicationStatus, InventoryEntry};
use crate::ports::{StoreError, StoreErrorKind};
use crate::yaml::{Mapping, Node, Value};

/// Marks records.
const RECORD_LABEL: &str = "tiphys.dev/record";

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
        let status = serde_json::to_string(&self.status).map_err(unwritable)?;
        let inventory = serde_json::to_string(&self.inventory).map_err(unwritable)?;
        node.set(&["data", "identity"], identity);
        node.set(&["data", "status"], status);
        node.set(&["data", "inventory"], inventory);
        Ok(node)
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
    for row in results.iter().filter(|row| row.hook_type.is_empty()) {
        let place = inventory.iter().position(|entry| entry.key() == row.key());
        match (row.status, place) {
            (Some(ResultCode::Synced), None) => inventory.push(InventoryEntry {
                group: row.group.clone(),
                kind: row.kind.clone(),
                namespace: row.namespace.clone(),
                name: row.name.clone(),
                uid: "".into(),
            }),
            (Some(ResultCode::Pruned), Some(place)) => {
                inventory.remove(place);
            }
            _ => {}
        }
    }
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
}
