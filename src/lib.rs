#![doc = include_str!("README.md")]

pub mod cli;
pub mod cluster;
pub mod compare;
pub mod engine;
pub mod health;
pub mod model;
pub mod plan;
pub mod ports;
pub mod render;
pub mod sources;
pub mod store;
pub mod support;
pub mod yaml;
