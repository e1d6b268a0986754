//! One verb a file: its flags, and a `run` that calls the engine and renders the answer.

pub mod admin;
pub mod app;
pub mod completion;
pub mod kustomize;
pub mod proj;
pub mod version;
