//! The only test binary: every module of the integration tests is declared here.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::let_underscore_must_use,
    clippy::print_stderr,
    reason = "tests may; the harness starts processes, reads files and waits"
)]

mod adapters;
mod adoption;
mod architecture;
mod bad_applications;
mod bad_input;
mod bad_sources;
mod beside_argo_cd;
mod command_line;
mod console;
mod deletion;
mod demo;
mod drift;
mod engine;
mod generated;
mod guards;
mod harness;
mod kustomize;
mod lifecycle;
mod manual_changes;
mod namespaces;
mod permissions;
mod resilience;
mod simulation;
mod sources;
mod yaml;
