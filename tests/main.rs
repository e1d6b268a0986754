//! The only integration test binary; lists its modules.

mod harness;
mod sources;
