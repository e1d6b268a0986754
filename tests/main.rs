//! The only test binary: every module of the integration tests is declared here.

mod engine;
mod harness;
mod simulation;
