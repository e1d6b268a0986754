//! The only test binary: every module of the integration tests is declared here.

mod adapters;
mod adoption;
mod architecture;
mod bad_input;
mod drift;
mod engine;
mod generated;
mod harness;
mod kustomize;
mod lifecycle;
mod manual_changes;
mod namespaces;
mod simulation;
mod sources;
mod yaml;
