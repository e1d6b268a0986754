//! The only test binary: every module of the integration tests is declared here.

mod adapters;
mod architecture;
mod bad_input;
mod command_line;
mod console;
mod engine;
mod generated;
mod harness;
mod kustomize;
mod lifecycle;
mod simulation;
mod sources;
mod yaml;
