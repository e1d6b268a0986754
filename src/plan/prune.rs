//! What may be removed: the prune guard, which holds back deletions that look like accidents.
//!
//! Argo CD has no such guard but the one against zero targets in automated syncs; README lists
//! the difference.

use std::collections::BTreeSet;

use super::options::{Removal, SyncOptions};
use super::task::{PruneSkip, TaskAction};
use crate::model::ResourceKey;
use crate::yaml::Node;

/// Annotation on an Application that switches the guard off with the value `off`.
pub const PRUNE_GUARD_ANNOTATION: &str = "tiphys.dev/prune-guard";
/// Pruning this many objects or fewer is never suspicious by its number alone.
const UNSUSPICIOUS_COUNT: usize = 10;
/// Kinds whose deletion takes other things with it.
const GUARDED_KINDS: [(&str, &str); 4] = [
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

/// Whether pruning was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PruneMode {
    /// Objects that left Git stay.
    #[default]
    Keep,
    /// Objects that left Git are deleted.
    Delete,
}

/// Whether the guard holds anything back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PruneGuard {
    /// It does.
    #[default]
    On,
    /// Switched off on the Application, or overridden by the user.
    Off,
}

/// One object the guard holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The object.
    pub key: ResourceKey,
    /// Why.
    pub reason: String,
}

/// What the guard looks at.
#[derive(Clone, Copy, Debug)]
pub struct PruneSituation<'a> {
    /// How many objects Git wants.
    pub targets: usize,
    /// How many objects the Application has on the cluster.
    pub live: usize,
    /// Definitions with objects that do not belong to the Application.
    pub occupied_definitions: &'a BTreeSet<ResourceKey>,
}

/// The objects among `candidates` the guard holds back, with the reason.
pub fn guard(candidates: &[&ResourceKey], situation: &PruneSituation<'_>) -> Vec<HeldBack> {
    let overall = overall_reason(candidates.len(), situation);
    candidates
        .iter()
        .filter_map(|key| {
            let reason = overall.clone().or_else(|| own_reason(key, situation))?;
            Some(HeldBack { key: (*key).clone(), reason })
        })
        .collect()
}

/// What a prune task for `live` does, the guard aside.
pub fn action(mode: PruneMode, options: &SyncOptions, live: &Node) -> TaskAction {
    match (mode, options.pruning(live)) {
        (PruneMode::Keep, _) => TaskAction::SkipPrune(PruneSkip::NotRequested),
        (PruneMode::Delete, Removal::Never) => TaskAction::SkipPrune(PruneSkip::Forbidden),
        (PruneMode::Delete, Removal::Confirm) => TaskAction::ConfirmPrune,
        (PruneMode::Delete, Removal::Allowed) => TaskAction::Prune,
    }
}

/// Whether the Application's own annotation switches the guard off.
pub fn is_switched_off(application: &Node) -> bool {
    application.annotation(PRUNE_GUARD_ANNOTATION) == Some("off")
}

fn overall_reason(candidates: usize, situation: &PruneSituation<'_>) -> Option<String> {
    if candidates == 0 {
        None
    } else if situation.targets == 0 {
        Some("Git has no objects at all for this application".to_owned())
    } else if candidates > UNSUSPICIOUS_COUNT && candidates * 2 > situation.live {
        Some(format!("{candidates} of the application's {} objects would go", situation.live))
    } else {
        None
    }
}

fn own_reason(key: &ResourceKey, situation: &PruneSituation<'_>) -> Option<String> {
    if situation.occupied_definitions.contains(key) {
        Some("objects outside this application would go with the definition".to_owned())
    } else if GUARDED_KINDS.contains(&(&*key.group, &*key.kind)) {
        Some(format!("deleting a {} takes what it holds with it", key.kind))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(kind: &str, candidates: usize, targets: usize, live: usize) -> Vec<String> {
        let keys: Vec<ResourceKey> = (0..candidates)
            .map(|number| ResourceKey::new("", kind, "shop", &format!("object-{number}")))
            .collect();
        let occupied = BTreeSet::new();
        let situation = PruneSituation { targets, live, occupied_definitions: &occupied };
        let held = guard(&keys.iter().collect::<Vec<_>>(), &situation);
        held.into_iter().map(|held| held.reason).collect()
    }

    #[test]
    fn nothing_is_pruned_when_git_is_empty() {
        assert_eq!(
            reasons("ConfigMap", 1, 0, 1),
            ["Git has no objects at all for this application"]
        );
    }

    #[test]
    fn more_than_half_is_held_back_only_beyond_ten() {
        assert!(reasons("ConfigMap", 10, 1, 11).is_empty());
        assert!(reasons("ConfigMap", 11, 11, 22).is_empty());
        assert_eq!(reasons("ConfigMap", 11, 10, 21).len(), 11);
    }

    #[test]
    fn kinds_that_hold_other_things_are_held_back() {
        assert_eq!(reasons("Namespace", 1, 5, 6).len(), 1);
        assert_eq!(reasons("PersistentVolumeClaim", 1, 5, 6).len(), 1);
        assert!(reasons("Secret", 1, 5, 6).is_empty());
    }

    #[test]
    fn the_live_annotation_decides_whether_a_prune_happens() {
        let check = |mode, annotated: &str, expected| {
            let mut live = Node::mapping();
            live.set_annotation(super::super::options::SYNC_OPTIONS_ANNOTATION, annotated);
            assert_eq!(action(mode, &SyncOptions::default(), &live), expected);
        };
        check(PruneMode::Keep, "", TaskAction::SkipPrune(PruneSkip::NotRequested));
        check(PruneMode::Delete, "", TaskAction::Prune);
        check(PruneMode::Delete, "Prune=false", TaskAction::SkipPrune(PruneSkip::Forbidden));
        check(PruneMode::Delete, "Prune=confirm", TaskAction::ConfirmPrune);
    }
}
