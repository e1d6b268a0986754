//! `app diff`: the differences of a comparison, Secrets masked.

use crate::compare::Comparison;
use crate::compare::unified::unified_diff;

/// The whole text, `""` when nothing differs.
pub fn text(comparison: &Comparison) -> String {
    let pairs = comparison.resources.iter();
    pairs.filter_map(|pair| Some(unified_diff(&pair.key, pair.difference.as_ref()?))).collect()
}
