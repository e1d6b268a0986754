//! An Application's status as it is to be shown and written: computed from a comparison, and
//! turned into the smallest merge patch.
//!
//! Fields and habits are those of Argo CD 3.5 (conditions and health keep their transition time
//! while they stay the same), but for resource health, which is kept inline.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::compare::{Comparison, ResourceComparison};
use crate::model::status::{
    ApplicationHealth, ComparedTo, ConditionType, ResourceStatus, Summary, SyncStatus,
};
use crate::model::{Application, ApplicationStatus, Condition};
use crate::yaml::{Mapping, Node, Value};

/// Condition types a comparison judges: those it does not raise again are over.
const JUDGED_CONDITIONS: [ConditionType; 6] = [
    ConditionType::InvalidSpecError,
    ConditionType::ComparisonError,
    ConditionType::SharedResourceWarning,
    ConditionType::RepeatedResourceWarning,
    ConditionType::ExcludedResourceWarning,
    ConditionType::OrphanedResourceWarning,
];

/// What a comparison was made with.
#[derive(Clone, Debug)]
pub struct ComparedWith<'a> {
    /// Commits, one per source.
    pub revisions: &'a [String],
    /// Tool of each source; empty when nothing was rendered.
    pub source_types: &'a [String],
    /// Whether Git was asked for the newest commit.
    pub resolved: bool,
    /// Now.
    pub now: Timestamp,
}

/// The status after `comparison`.
pub fn after_comparison(
    application: &Application,
    comparison: &Comparison,
    with: &ComparedWith<'_>,
) -> ApplicationStatus {
    let old = &application.status;
    let mut status = old.clone();
    status.sync = sync_status(application, comparison, with);
    status.health = health(&old.health, comparison, with.now);
    status.resources = comparison.resources.iter().map(resource_status).collect();
    status.conditions = conditions(&old.conditions, &comparison.conditions, with.now);
    status.summary =
        Summary { images: images(comparison), external_urls: old.summary.external_urls.clone() };
    status.resource_health_source = String::new();
    if with.resolved || old.reconciled_at.is_none() {
        status.reconciled_at = Some(with.now);
    }
    set_source_types(&mut status, application, with.source_types);
    status
}

/// The images in the pod templates of `object`, in order, each once.
pub fn images_of(object: &Node) -> Vec<String> {
    let mut images = Vec::new();
    collect_images(object, 0, &mut images);
    images
}

/// The merge patch that turns `old` into `new`; `None` when they are equal.
///
/// # Errors
/// When a status cannot be expressed as JSON.
pub fn status_patch(
    old: &ApplicationStatus,
    new: &ApplicationStatus,
) -> Result<Option<Node>, serde_json::Error> {
    let changes = merge_patch(&Node::encode(old)?, &Node::encode(new)?);
    Ok(changes.map(|changes| {
        let mut patch = Node::mapping();
        patch.set(&["status"], changes);
        patch
    }))
}

/// The JSON merge patch from `old` to `new`; `None` when they are equal.
pub fn merge_patch(old: &Node, new: &Node) -> Option<Node> {
    let (Value::Mapping(old_entries), Value::Mapping(new_entries)) = (&old.value, &new.value)
    else {
        return (old != new).then(|| new.clone());
    };
    let mut patch = Mapping::default();
    for (key, value) in new_entries.iter() {
        let change = match old_entries.get(key) {
            Some(before) => merge_patch(before, value),
            None => Some(value.clone()),
        };
        if let Some(change) = change {
            patch.push(key.clone(), change);
        }
    }
    for key in old_entries.keys().filter(|key| !new_entries.contains_key(key)) {
        patch.push(key.clone(), Node::null());
    }
    (!patch.is_empty()).then(|| patch.into())
}

fn sync_status(
    application: &Application,
    comparison: &Comparison,
    with: &ComparedWith<'_>,
) -> SyncStatus {
    let several = application.has_multiple_sources();
    let spec = &application.spec;
    let single = |revisions: &[String]| revisions.first().cloned().unwrap_or_default();
    SyncStatus {
        status: comparison.sync,
        revision: if several { String::new() } else { single(with.revisions) },
        revisions: if several { with.revisions.to_vec() } else { Vec::new() },
        compared_to: ComparedTo {
            source: if several { None } else { spec.source.clone() },
            sources: spec.sources.clone(),
            destination: spec.destination.clone(),
            ignore_differences: spec.ignore_differences.clone(),
        },
    }
}

fn health(old: &ApplicationHealth, comparison: &Comparison, now: Timestamp) -> ApplicationHealth {
    let is_same = old.status == comparison.health && old.last_transition_time.is_some();
    ApplicationHealth {
        status: comparison.health,
        last_transition_time: if is_same { old.last_transition_time } else { Some(now) },
    }
}

fn resource_status(pair: &ResourceComparison) -> ResourceStatus {
    ResourceStatus {
        group: pair.key.group.clone(),
        version: pair.version.clone(),
        kind: pair.key.kind.clone(),
        namespace: pair.key.namespace.clone(),
        name: pair.key.name.clone(),
        status: pair.status,
        health: pair.health.clone(),
        hook: pair.hook,
        requires_pruning: pair.requires_pruning,
        requires_deletion_confirmation: pair.requires_deletion_confirmation,
        sync_wave: (pair.wave != 0).then_some(pair.wave),
    }
}

/// The raised conditions, with the transition time of those that were there already, and the
/// old ones a comparison does not judge.
fn conditions(old: &[Condition], raised: &[Condition], now: Timestamp) -> Vec<Condition> {
    let kept = old.iter().filter(|condition| !JUDGED_CONDITIONS.contains(&condition.kind));
    let mut conditions: Vec<Condition> = kept.cloned().collect();
    for condition in raised {
        let before = old
            .iter()
            .find(|known| known.kind == condition.kind && known.message == condition.message);
        let since = before.and_then(|known| known.last_transition_time).unwrap_or(now);
        conditions.push(Condition { last_transition_time: Some(since), ..condition.clone() });
    }
    conditions.sort_by(|a, b| (a.kind, &a.message).cmp(&(b.kind, &b.message)));
    conditions.dedup_by(|a, b| a.kind == b.kind && a.message == b.message);
    conditions
}

fn images(comparison: &Comparison) -> Vec<String> {
    let live = comparison.resources.iter().filter_map(|pair| pair.live.as_deref());
    let images: BTreeSet<String> = live.flat_map(images_of).collect();
    images.into_iter().collect()
}

/// Pod specs sit at most this deep: a CronJob's is five levels down.
const POD_SPEC_DEPTH_MAX: usize = 5;

fn collect_images(node: &Node, depth: usize, images: &mut Vec<String>) {
    for list in ["initContainers", "containers"] {
        let containers = node.get(list).and_then(Node::as_sequence).unwrap_or_default();
        for image in containers.iter().map(|container| container.str_at(&["image"])) {
            if !image.is_empty() && !images.iter().any(|known| known == image) {
                images.push(image.to_owned());
            }
        }
    }
    if depth < POD_SPEC_DEPTH_MAX {
        for below in ["spec", "jobTemplate", "template"].iter().filter_map(|key| node.get(key)) {
            collect_images(below, depth + 1, images);
        }
    }
}

fn set_source_types(status: &mut ApplicationStatus, application: &Application, types: &[String]) {
    if types.is_empty() {
        return;
    }
    if application.has_multiple_sources() {
        status.source_type = String::new();
        status.source_types = types.to_vec();
    } else {
        status.source_type.clone_from(&types[0]);
        status.source_types = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_merge_patch_holds_changes_and_removals_only() {
        let check = |old: &str, new: &str, expected: Option<&str>| {
            assert_eq!(merge_patch(&read(old), &read(new)), expected.map(read), "{old} -> {new}");
        };
        check(r#"{"a":1,"b":{"c":2}}"#, r#"{"a":1,"b":{"c":2}}"#, None);
        check(
            r#"{"a":1,"b":{"c":2,"d":3}}"#,
            r#"{"b":{"c":4,"d":3}}"#,
            Some(r#"{"b":{"c":4},"a":null}"#),
        );
        check(r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, Some(r#"{"a":[1]}"#));
    }

    #[test]
    fn images_come_from_pods_and_pod_templates() {
        let cron_job = r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec":{
            "initContainers":[{"image":"b"}],"containers":[{"image":"a"},{"image":"b"}]}}}}}}"#;
        assert_eq!(images_of(&read(cron_job)), ["b", "a"]);
        assert_eq!(images_of(&read(r#"{"spec":{"containers":[{"image":"a"}]}}"#)), ["a"]);
    }

    #[test]
    fn a_condition_keeps_its_time_while_it_stays_the_same() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let condition = |kind, message: &str, at: Option<&str>| Condition {
            kind,
            message: message.to_owned(),
            last_transition_time: at.map(time),
        };
        let early = Some("2026-01-01T00:00:00Z");
        let late = "2026-01-02T00:00:00Z";
        let old = [
            condition(ConditionType::ComparisonError, "same", early),
            condition(ConditionType::SharedResourceWarning, "over", early),
            condition(ConditionType::SyncError, "not judged here", early),
        ];
        let raised = [
            condition(ConditionType::ComparisonError, "same", None),
            condition(ConditionType::ComparisonError, "new", None),
        ];
        let expected = [
            condition(ConditionType::ComparisonError, "new", Some(late)),
            condition(ConditionType::ComparisonError, "same", early),
            condition(ConditionType::SyncError, "not judged here", early),
        ];
        assert_eq!(conditions(&old, &raised, time(late)), expected);
    }
}
