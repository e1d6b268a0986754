//! What the integration tests stand on: a real cluster, real Git servers, a sandboxed binary.

pub mod api;
pub mod console;
pub mod control_plane;
pub mod sandbox;
