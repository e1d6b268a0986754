//! Kustomize.

mod list_merge;
pub mod merge_keys;
pub mod patches;
pub mod strategic_merge;
