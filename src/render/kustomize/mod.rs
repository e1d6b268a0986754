//! Kustomize.

mod list_merge;
pub mod merge_keys;
pub mod strategic_merge;
