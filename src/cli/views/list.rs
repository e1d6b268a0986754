//! `app list`: one row per Application.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::output::table;
use crate::model::Application;
use crate::model::repository::url_without_password;

/// Column headings of `-o wide`.
const HEADER: [&str; 11] = [
    "NAME",
    "CLUSTER",
    "NAMESPACE",
    "PROJECT",
    "STATUS",
    "HEALTH",
    "SYNCPOLICY",
    "CONDITIONS",
    "REPO",
    "PATH",
    "TARGET",
];

/// A stored status older than this is marked with its age. Argo CD compares every two to three
/// minutes.
const STALE_AFTER_SECS: i64 = 600;

/// The table of `-o wide`, sorted by name.
pub fn wide(applications: &[Application], now: Timestamp) -> String {
    let rows: Vec<Vec<String>> = applications.iter().map(|one| row(one, now)).collect();
    table::render(&HEADER, &rows)
}

/// One qualified name per line.
pub fn names(applications: &[Application]) -> String {
    applications.iter().map(|one| format!("{}\n", one.name())).collect()
}

fn row(application: &Application, now: Timestamp) -> Vec<String> {
    let destination = &application.spec.destination;
    let sources = application.sources();
    let source = sources.first();
    let cluster =
        if destination.server.is_empty() { &destination.name } else { &destination.server };
    vec![
        application.name().to_string(),
        cluster.clone(),
        destination.namespace.clone(),
        application.project().to_owned(),
        status(application, now),
        application.status.health.status.to_string(),
        policy(application).to_owned(),
        conditions(application),
        source.map(|source| url_without_password(&source.repo_url)).unwrap_or_default(),
        source.map(|source| source.path.clone()).unwrap_or_default(),
        source.map(|source| source.target_revision.clone()).unwrap_or_default(),
    ]
}

/// The stored sync status; one that nobody has refreshed for long carries its age.
fn status(application: &Application, now: Timestamp) -> String {
    let text = application.status.sync.status.to_string();
    let age = application.status.reconciled_at.map(|at| now.as_second() - at.as_second());
    match age.filter(|&seconds| seconds > STALE_AFTER_SECS) {
        Some(seconds) => format!("{text} ({} ago)", rough_age(seconds)),
        None => text,
    }
}

/// An age in its largest unit: `12m`, `3h`, `5d`.
fn rough_age(seconds: i64) -> String {
    match seconds {
        s if s < 3600 => format!("{}m", s / 60),
        s if s < 86_400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

fn policy(application: &Application) -> &'static str {
    let policy = application.sync_policy();
    match policy.automated.as_ref().filter(|_| policy.is_automated()) {
        None => "Manual",
        Some(automated) if automated.prune => "Auto-Prune",
        Some(_) => "Auto",
    }
}

/// `<none>`, or sorted types with a count where one repeats.
fn conditions(application: &Application) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for condition in &application.status.conditions {
        *counts.entry(condition.kind.to_string()).or_default() += 1;
    }
    if counts.is_empty() {
        return "<none>".to_owned();
    }
    let texts: Vec<String> = counts
        .into_iter()
        .map(|(kind, count)| if count > 1 { format!("{kind}({count})") } else { kind })
        .collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Node;

    fn application(status: &str) -> Application {
        let text = format!(
            r#"{{"metadata": {{"name": "a", "namespace": "argocd"}}, "spec": {{"destination":
               {{"name": "in-cluster", "namespace": "n"}}, "source": {{"repoURL": "r", "path": "p",
               "targetRevision": "main"}}}}, "status": {status}}}"#
        );
        Application::from_node(serde_json::from_str::<Node>(&text).unwrap()).unwrap()
    }

    #[test]
    fn repeated_conditions_are_counted() {
        let status = r#"{"conditions": [{"type": "SyncError"}, {"type": "ComparisonError"}, {"type": "SyncError"}]}"#;
        assert_eq!(conditions(&application(status)), "ComparisonError,SyncError(2)");
    }

    #[test]
    fn an_old_status_carries_its_age() {
        let status = r#"{"sync": {"status": "Synced"}, "reconciledAt": "2026-01-01T00:00:00Z"}"#;
        let now: Timestamp = "2026-01-01T03:10:00Z".parse().unwrap();
        assert_eq!(super::status(&application(status), now), "Synced (3h ago)");
    }
}
