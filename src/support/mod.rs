//! Domain-free pieces that would sit in the standard library if it had them.

pub mod secret;

pub use secret::Secret;
