//! What the integration tests stand on: fakes for the step machine and for paused clocks.

pub(crate) mod fake_clock;
pub(crate) mod fake_cluster;
pub(crate) mod fake_store;
