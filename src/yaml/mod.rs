//! YAML and JSON exactly as Go's libraries read and write them.
//!
//! Every manifest passes through here: text becomes a [`Node`] (the value type of the whole
//! program), and a `Node` becomes text again. Which scalar rules apply depends on the tool
//! that is matched; see [`read::Dialect`].

pub mod config;
pub mod emit;
pub mod error;
mod folded;
mod intern;
pub mod json;
pub mod json_patch;
mod load;
pub mod node;
pub mod number;
mod order;
pub mod read;
pub mod resolve;
mod scalars;
mod serde_impl;
mod style;
pub mod timestamp;

pub use emit::{append_yaml, to_yaml, to_yaml_documents};
pub use error::{YamlError, YamlErrorKind};
pub use json::{read_json, to_json, to_json_pretty};
pub use node::{FileId, Mapping, Node, Position, SourceMap, Spelling, Text, Value};
pub use number::Number;
pub use read::{
    Dialect, Document, DuplicateKeys, ReadOptions, Warning, read_documents,
    read_kustomize_documents, read_one,
};
