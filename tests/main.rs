//! The only test binary: every module of the integration tests is declared here.

mod adapters;
mod architecture;
mod bad_input;
mod demo;
mod engine;
mod generated;
mod guards;
mod harness;
mod kustomize;
mod lifecycle;
mod resilience;
mod simulation;
mod sources;
mod yaml;
