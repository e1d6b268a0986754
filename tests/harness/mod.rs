//! What the integration tests stand on: a real cluster, real Git servers, a sandboxed binary,
//! and fakes for the step machine and virtual clocks.

pub mod api;
pub mod console;
pub mod control_plane;
pub mod fake_clock;
pub mod fake_cluster;
pub mod fake_store;
pub mod git_server;
pub mod running;
pub mod sandbox;
pub mod shop;
