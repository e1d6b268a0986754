//! The only test binary: every module of the integration tests is declared here.

mod architecture;
mod engine;
mod generated;
mod harness;
mod kustomize;
mod simulation;
mod sources;
mod yaml;
