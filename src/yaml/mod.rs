//! YAML and JSON exactly as Go's libraries read and write them.
//!
//! Every manifest passes through here: text becomes a [`Node`] (the value type of the whole
//! program), and a `Node` becomes text again. Which scalar rules apply depends on the tool
//! that is matched; see [`read::Dialect`].

pub mod error;
mod intern;
mod load;
pub mod node;
pub mod number;
pub mod read;
pub mod resolve;
mod serde_impl;
pub mod timestamp;

pub use error::{YamlError, YamlErrorKind};
pub use node::{FileId, Mapping, Node, Position, SourceMap, Text, Value};
pub use number::Number;
pub use read::{
    Dialect, Document, DuplicateKeys, ReadOptions, Warning, read_documents,
    read_kustomize_documents, read_one,
};
