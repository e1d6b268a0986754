//! What is known of an Application's objects from before: its status, its last result and, in
//! file mode, the inventory in the record.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Comparison;
use crate::model::{Application, InventoryEntry, ResourceKey, ResourceResult};
use crate::plan::{SyncPlan, TaskAction, TaskOrigin};
use crate::yaml::Text;

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
    let results = results.filter(|row| row.hook_type.is_empty()).map(ResourceResult::key);
    rows.chain(results).chain(inventory(application).into_keys()).collect()
}

/// The inventory of a file's record: objects made by earlier syncs, with their uids, `""` where
/// a sync was cut short before it could learn them.
pub fn inventory(application: &Application) -> BTreeMap<ResourceKey, Text> {
    application.inventory().into_iter().map(|entry| (entry.key(), entry.uid)).collect()
}

/// The inventory before the first write of a sync: what there was, and what is about to be made,
/// whose uid nobody knows yet.
pub fn inventory_before(application: &Application, plan: &SyncPlan) -> Vec<InventoryEntry> {
    let mut entries = application.inventory();
    let known: BTreeSet<ResourceKey> = entries.iter().map(InventoryEntry::key).collect();
    let made = plan.tasks.iter().filter(|task| {
        task.action == TaskAction::Apply
            && task.origin == TaskOrigin::Application
            && task.hook.is_none()
            && !known.contains(&task.key)
    });
    entries.extend(made.map(|task| InventoryEntry {
        group: task.key.group.clone(),
        kind: task.key.kind.clone(),
        namespace: task.key.namespace.clone(),
        name: task.key.name.clone(),
        uid: Text::default(),
    }));
    entries
}

/// The inventory after a sync: every object that is live and tracked or wanted.
pub fn inventory_after(comparison: &Comparison) -> Vec<InventoryEntry> {
    let entries = comparison.resources.iter().filter(|pair| !pair.hook).filter_map(|pair| {
        let live = pair.live.as_ref()?;
        Some(InventoryEntry {
            group: pair.key.group.clone(),
            kind: pair.key.kind.clone(),
            namespace: pair.key.namespace.clone(),
            name: pair.key.name.clone(),
            uid: live.uid().into(),
        })
    });
    entries.collect()
}
