//! Domain-free pieces that would sit in the standard library if it had them.

pub mod duration;
pub mod glob;
pub mod json_pointer;
pub mod label_selector;
pub mod nearest;
pub mod secret;
pub mod semver_constraint;

pub use secret::Secret;
