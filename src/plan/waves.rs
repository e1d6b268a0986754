//! Sync waves: the number on an object, and the mirrored waves of what is pruned.

use std::collections::BTreeMap;

use crate::yaml::Node;

/// Annotation that holds an object's wave.
pub const SYNC_WAVE_ANNOTATION: &str = "argocd.argoproj.io/sync-wave";
/// Helm's weight of a hook, used when there is no wave.
pub const HELM_WEIGHT_ANNOTATION: &str = "helm.sh/hook-weight";

/// The wave of an object: its annotation, else Helm's weight, else 0.
pub fn wave(object: &Node) -> i64 {
    [SYNC_WAVE_ANNOTATION, HELM_WEIGHT_ANNOTATION]
        .iter()
        .find_map(|key| object.annotation(key)?.parse().ok())
        .unwrap_or(0)
}

/// Maps each wave to its mirror image: of {0, 1, 5}, 0 and 5 change places and 1 stays, so that
/// what came last goes first.
pub fn mirrored(waves: impl IntoIterator<Item = i64>) -> BTreeMap<i64, i64> {
    let mut distinct: Vec<i64> = waves.into_iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.iter().copied().zip(distinct.iter().rev().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotation_wins_over_the_weight_unless_it_is_no_number() {
        let check = |wave_text: &str, weight: &str, expected| {
            let mut node = Node::mapping();
            node.set_annotation(SYNC_WAVE_ANNOTATION, wave_text);
            node.set_annotation(HELM_WEIGHT_ANNOTATION, weight);
            assert_eq!(wave(&node), expected);
        };
        check("-5", "3", -5);
        check("first", "3", 3);
        check("first", "", 0);
    }

    #[test]
    fn prune_waves_are_mirrored() {
        let mirror = mirrored([5, 0, 1, 5]);
        assert_eq!(mirror, BTreeMap::from([(0, 5), (1, 1), (5, 0)]));
    }
}
