//! What is known of an Application's objects from before: its status, its last result and, in
//! file mode, the inventory in the record.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Comparison;
use crate::model::{Application, ResourceKey};
use crate::yaml::Node;

/// Where the inventory of a record shows up in the Application read from a file.
pub const INVENTORY_PATH: [&str; 2] = ["status", "inventory"];

/// Objects an Application is known to have, or to have had.
pub fn known_objects(application: &Application) -> BTreeSet<ResourceKey> {
    let status = &application.status;
    let rows = status.resources.iter().filter(|row| !row.hook).map(|row| ResourceKey {
        group: row.group.clone(),
        kind: row.kind.clone(),
        namespace: row.namespace.clone(),
        name: row.name.clone(),
    });
    let result = status.operation_state.as_ref().and_then(|state| state.sync_result.as_ref());
    let results = result.into_iter().flat_map(|result| &result.resources);
    let results = results.filter(|row| row.hook_type.is_empty()).map(|row| row.key());
    rows.chain(results).chain(inventory(application).into_keys()).collect()
}

/// The inventory of a file's record: objects made by earlier syncs, with their uids.
pub fn inventory(application: &Application) -> BTreeMap<ResourceKey, String> {
    let entries = application.raw.path(&INVENTORY_PATH).and_then(Node::as_sequence);
    let entry = |node: &Node| {
        let text = |key: &str| node.str_at(&[key]);
        let key = ResourceKey::new(text("group"), text("kind"), text("namespace"), text("name"));
        (key, text("uid").to_owned())
    };
    entries.unwrap_or_default().iter().map(entry).collect()
}

/// The inventory after a sync: every object that is live and tracked or wanted.
pub fn inventory_after(comparison: &Comparison) -> Node {
    let entries = comparison.resources.iter().filter(|pair| !pair.hook).filter_map(|pair| {
        let live = pair.live.as_ref()?;
        let mut entry = Node::mapping();
        for (name, value) in [
            ("group", &*pair.key.group),
            ("kind", &*pair.key.kind),
            ("namespace", &*pair.key.namespace),
            ("name", &*pair.key.name),
            ("uid", live.uid()),
        ] {
            entry.set(&[name], value);
        }
        Some(entry)
    });
    Node::from(entries.collect::<Vec<_>>())
}
