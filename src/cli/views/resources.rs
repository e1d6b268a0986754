//! The table of resources that `app get`, `sync` and `wait` print.
//!
//! Rows of the last sync come first, in its order, with the live status and the sync's message;
//! then the other resources by key. For hooks and pruned objects STATUS is the phase and HEALTH
//! the result, as Argo CD 3.5 prints them; the namespace made by `CreateNamespace=true` reads
//! `Synced` (ours).

use std::collections::{HashMap, HashSet};

use crate::cli::output::table;
use crate::model::status::ResourceStatus;
use crate::model::{Application, ResourceKey, ResourceResult, ResultCode};

/// Column headings.
pub const HEADER: [&str; 8] =
    ["GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "HOOK", "MESSAGE"];

/// One row: what is known about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which resource.
    pub key: ResourceKey,
    /// Sync status, or the phase of a hook.
    pub status: String,
    /// Health, or the result of a hook.
    pub health: String,
    /// Hook type.
    pub hook: String,
    /// Message of the last sync.
    pub message: String,
}

/// The table, `""` when there are no resources.
pub fn table(application: &Application) -> String {
    let rows = rows(application);
    if rows.is_empty() {
        return String::new();
    }
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    table::render(&HEADER, &cells)
}

/// The rows in the order of the table.
pub fn rows(application: &Application) -> Vec<Row> {
    let resources = &application.status.resources;
    let results = application
        .status
        .operation_state
        .as_ref()
        .and_then(|state| state.sync_result.as_ref())
        .map_or(&[][..], |result| &result.resources);
    let live: HashMap<ResourceKey, &ResourceStatus> =
        resources.iter().map(|row| (key_of(row), row)).collect();
    let mut shown = HashSet::new();
    let mut rows = Vec::new();
    for result in results {
        let key = result.key();
        rows.push(result_row(result, live.get(&key).copied()));
        shown.insert(key);
    }
    let mut rest: Vec<Row> = resources
        .iter()
        .filter(|row| !row.hook && !shown.contains(&key_of(row)))
        .map(resource_row)
        .collect();
    rest.sort_by(|a, b| a.key.cmp(&b.key));
    rows.extend(rest);
    rows
}

/// The key of a status row.
pub fn key_of(row: &ResourceStatus) -> ResourceKey {
    ResourceKey {
        group: row.group.clone(),
        kind: row.kind.clone(),
        namespace: row.namespace.clone(),
        name: row.name.clone(),
    }
}

/// The row of an object that the last sync touched.
pub fn result_row(result: &ResourceResult, live: Option<&ResourceStatus>) -> Row {
    let (status, health) = match live.filter(|_| result.hook_type.is_empty()) {
        Some(row) => (sync_text(row), health_text(row)),
        None if is_created_namespace(result) => ("Synced".to_owned(), String::new()),
        None => (
            result.hook_phase.map(|phase| phase.to_string()).unwrap_or_default(),
            result.status.map(|code| code.to_string()).unwrap_or_default(),
        ),
    };
    Row {
        key: result.key(),
        status,
        health,
        hook: result.hook_type.clone(),
        message: result.message.clone(),
    }
}

/// The row of an object that the last sync did not touch.
pub fn resource_row(row: &ResourceStatus) -> Row {
    Row {
        key: key_of(row),
        status: sync_text(row),
        health: health_text(row),
        hook: String::new(),
        message: String::new(),
    }
}

fn is_created_namespace(result: &ResourceResult) -> bool {
    &*result.kind == "Namespace"
        && result.group.is_empty()
        && result.status == Some(ResultCode::Synced)
        && result.hook_type.is_empty()
}

fn sync_text(row: &ResourceStatus) -> String {
    row.status.map(|status| status.to_string()).unwrap_or_default()
}

fn health_text(row: &ResourceStatus) -> String {
    row.health.as_ref().map(|health| health.status.to_string()).unwrap_or_default()
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![
            self.key.group.to_string(),
            self.key.kind.to_string(),
            self.key.namespace.to_string(),
            self.key.name.to_string(),
            self.status.clone(),
            self.health.clone(),
            self.hook.clone(),
            self.message.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Node;

    #[test]
    fn rows_of_the_last_sync_come_first_then_the_rest_by_key() {
        let text = r#"{"metadata": {"name": "a"}, "spec": {}, "status": {
          "resources": [
            {"kind": "ConfigMap", "namespace": "p", "name": "flags", "status": "OutOfSync",
             "health": {"status": "Missing"}},
            {"group": "apps", "kind": "Deployment", "namespace": "p", "name": "web",
             "status": "Synced", "health": {"status": "Healthy"}}],
          "operationState": {"phase": "Succeeded", "syncResult": {"revision": "x", "resources": [
            {"group": "", "kind": "Namespace", "namespace": "", "name": "p", "status": "Synced",
             "hookPhase": "Running", "message": "namespace/p created"},
            {"group": "", "kind": "ConfigMap", "namespace": "p", "name": "gone", "status": "Pruned",
             "hookPhase": "Succeeded", "message": "pruned"},
            {"group": "apps", "kind": "Deployment", "namespace": "p", "name": "web",
             "status": "Synced", "hookPhase": "Succeeded", "message": "deployment.apps/web created"}]}}}}"#;
        let application =
            Application::from_node(serde_json::from_str::<Node>(text).unwrap()).unwrap();
        let wanted = "\
GROUP  KIND        NAMESPACE  NAME   STATUS     HEALTH   HOOK  MESSAGE
       Namespace              p      Synced                    namespace/p created
       ConfigMap   p          gone   Succeeded  Pruned         pruned
apps   Deployment  p          web    Synced     Healthy        deployment.apps/web created
       ConfigMap   p          flags  OutOfSync  Missing        \n";
        assert_eq!(table(&application), wanted);
    }
}
