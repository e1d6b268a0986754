//! The block of fields that `app get`, `sync` and `wait` print, and the operation block.
//!
//! Labels, order and spelling are those of Argo CD 3.5, without the `URL:` line unless the URL
//! of the UI is known.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::error::CommandError;
use crate::cli::output::table::{self, field};
use crate::cli::views::resources;
use crate::engine::compare::ApplicationComparison;
use crate::model::repository::url_without_password;
use crate::model::{Application, ApplicationSource, OperationState, SyncStatusCode};
use crate::yaml::Node;

/// Commit ids are shown with this many characters.
const SHORT_REVISION: usize = 7;

/// The Application as it is shown after a comparison: its document with the new status.
///
/// # Errors
/// When the status cannot be expressed as JSON.
pub fn shown(compared: &ApplicationComparison) -> Result<Application, CommandError> {
    let mut application = compared.application.clone();
    application.status = compared.status.clone();
    let status = Node::encode(&compared.status)
        .map_err(|error| CommandError::failed(format!("status: {error}")))?;
    application.raw.set(&["status"], status);
    application.raw.remove(&["metadata", "managedFields"]);
    Ok(application)
}

/// The same after a sync, with its operation.
///
/// # Errors
/// When the status cannot be expressed as JSON.
pub fn shown_after(
    compared: &ApplicationComparison,
    operation: &OperationState,
) -> Result<Application, CommandError> {
    let mut compared = compared.clone();
    compared.status.operation_state = Some(operation.clone());
    shown(&compared)
}

/// Everything `app get` prints: fields, conditions, the operation if asked for, resources.
pub fn page(application: &Application, ui_url: &str, operation_at: Option<Timestamp>) -> String {
    let mut text = summary(application, ui_url);
    let conditions = conditions(application);
    if !conditions.is_empty() {
        text += &format!("\n{conditions}\n");
    }
    if let (Some(now), Some(state)) = (operation_at, &application.status.operation_state) {
        text += &format!("\n{}", operation(state, now));
    }
    let resources = resources::table(application);
    if !resources.is_empty() {
        text += &format!("\n{resources}");
    }
    text
}

/// Fields 1–17 of `app get`, each on a line.
pub fn summary(application: &Application, ui_url: &str) -> String {
    let spec = &application.spec;
    let destination = &spec.destination;
    let server =
        if destination.server.is_empty() { &destination.name } else { &destination.server };
    let mut text = field("Name:", &application.name().to_string());
    text += &field("Project:", application.project());
    text += &field("Server:", server);
    text += &field("Namespace:", &destination.namespace);
    if !ui_url.is_empty() {
        let url =
            format!("{}/applications/{}", ui_url.trim_end_matches('/'), application.raw.name());
        text += &field("URL:", &url);
    }
    text += if application.has_multiple_sources() { "Sources:\n" } else { "Source:\n" };
    for source in application.sources() {
        text += &source_fields(source);
    }
    text += &field("SyncWindow:", "Sync Allowed");
    text += &field("Sync Policy:", sync_policy(application));
    text += &field("Sync Status:", &sync_status(application));
    text += &field("Health Status:", &application.status.health.status.to_string());
    text
}

fn source_fields(source: &ApplicationSource) -> String {
    let mut text = field("- Repo:", &url_without_password(&source.repo_url));
    text += &field("  Target:", &source.target_revision);
    if !source.path.is_empty() {
        text += &field("  Path:", &source.path);
    }
    if !source.reference.is_empty() {
        text += &field("  Ref:", &source.reference);
    }
    if let Some(kustomize) = &source.kustomize
        && !kustomize.name_prefix.is_empty()
    {
        text += &field("  Name Prefix:", &kustomize.name_prefix);
    }
    text
}

/// `Manual`, `Automated` or `Automated (Prune)`.
fn sync_policy(application: &Application) -> &'static str {
    let policy = application.sync_policy();
    match policy.automated.as_ref().filter(|_| policy.is_automated()) {
        None => "Manual",
        Some(automated) if automated.prune => "Automated (Prune)",
        Some(_) => "Automated",
    }
}

/// `Synced to main (9988c13)`, `OutOfSync from main (9988c13)`, or the bare status.
fn sync_status(application: &Application) -> String {
    let status = &application.status.sync;
    let target = application
        .sources()
        .first()
        .map(|source| source.target_revision.clone())
        .filter(|revision| !revision.is_empty())
        .unwrap_or_else(|| "HEAD".to_owned());
    let joint = match status.status {
        SyncStatusCode::Synced => "to",
        SyncStatusCode::OutOfSync => "from",
        SyncStatusCode::Unknown => return status.status.to_string(),
    };
    let mut text = format!("{} {joint} {target}", status.status);
    let is_short_of_target = status.revision.starts_with(&target);
    if !application.has_multiple_sources()
        && status.revision.len() > SHORT_REVISION
        && !is_short_of_target
    {
        text += &format!(" ({})", short_revision(&status.revision));
    }
    text
}

/// The first seven characters of a commit id.
pub fn short_revision(revision: &str) -> &str {
    revision.get(..SHORT_REVISION).unwrap_or(revision)
}

/// The table of conditions, `""` when there are none.
pub fn conditions(application: &Application) -> String {
    let conditions = &application.status.conditions;
    if conditions.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = conditions
        .iter()
        .map(|condition| {
            let since = condition.last_transition_time.map(time).unwrap_or_default();
            vec![condition.kind.to_string(), condition.message.clone(), since]
        })
        .collect();
    table::render(&["CONDITION", "MESSAGE", "LAST TRANSITION"], &rows)
}

/// The block that `--show-operation`, `sync` and `wait` print.
pub fn operation(state: &OperationState, now: Timestamp) -> String {
    let mut text = String::new();
    if let Some(result) = &state.sync_result {
        let revision = if result.revisions.is_empty() {
            result.revision.clone()
        } else {
            result.revisions.join(", ")
        };
        text += &field("Operation:", "Sync");
        text += &field("Sync Revision:", &revision);
    }
    text += &field("Phase:", &state.phase.to_string());
    text += &field("Start:", &state.started_at.map(time).unwrap_or_default());
    text += &field("Finished:", &state.finished_at.map_or_else(|| "<nil>".to_owned(), time));
    if let Some(started) = state.started_at {
        let seconds = state.finished_at.unwrap_or(now).as_second() - started.as_second();
        text += &field("Duration:", &go_duration(seconds.max(0)));
    }
    if !state.message.is_empty() {
        text += &field("Message:", &state.message);
    }
    text
}

/// A time as Go prints it: `2026-11-23 06:16:59 +0000 UTC`, in the local zone.
pub fn time(timestamp: Timestamp) -> String {
    timestamp.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %z %Z").to_string()
}

/// Whole seconds as Go prints a duration: `0s`, `14s`, `2m3s`, `1h0m5s`.
fn go_duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(status: &str) -> Application {
        let text = format!(
            r#"{{"metadata": {{"name": "user-service", "namespace": "argocd"}},
                "spec": {{"project": "ecommerce",
                  "source": {{"repoURL": "file:///srv/gitops", "path": "prod", "targetRevision": "main"}},
                  "destination": {{"server": "https://kubernetes.default.svc", "namespace": "production"}}}},
                "status": {status}}}"#
        );
        Application::from_node(serde_json::from_str::<Node>(&text).unwrap()).unwrap()
    }

    #[test]
    fn the_summary_has_argocds_labels_and_order() {
        let status = r#"{"sync": {"status": "OutOfSync", "revision": "9988c13857ad957f"},
                         "health": {"status": "Missing"}}"#;
        let wanted = "\
Name:               argocd/user-service
Project:            ecommerce
Server:             https://kubernetes.default.svc
Namespace:          production
Source:
- Repo:             file:///srv/gitops
  Target:           main
  Path:             prod
SyncWindow:         Sync Allowed
Sync Policy:        Manual
Sync Status:        OutOfSync from main (9988c13)
Health Status:      Missing
";
        assert_eq!(summary(&application(status), ""), wanted);
    }

    #[test]
    fn an_unknown_status_stands_alone() {
        assert_eq!(sync_status(&application("{}")), "Unknown");
    }

    #[test]
    fn durations_read_as_go_prints_them() {
        let texts: Vec<_> = [0, 14, 123, 3605].into_iter().map(go_duration).collect();
        assert_eq!(texts, ["0s", "14s", "2m3s", "1h0m5s"]);
    }
}
