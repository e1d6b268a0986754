//! The only test binary: every module of the integration tests is declared here.

mod architecture;
mod bad_input;
mod generated;
mod harness;
mod kustomize;
mod lifecycle;
mod sources;
mod yaml;
