//! What the integration tests stand on: servers on loopback, made and stopped by the tests.

pub(crate) mod git_server;
