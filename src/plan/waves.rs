//! The mirrored waves of what is pruned. The number on an object is read where it is compared.

use std::collections::BTreeMap;

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
    fn prune_waves_are_mirrored() {
        let mirror = mirrored([5, 0, 1, 5]);
        assert_eq!(mirror, BTreeMap::from([(0, 5), (1, 1), (5, 0)]));
    }
}
