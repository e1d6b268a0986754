//! One rendered object and where it came from.

use crate::yaml::{Node, Position, Text};

/// Where a manifest was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Index of the source in `spec.sources`, 0 for a single source.
    pub source_index: usize,
    /// File relative to the root of the repository, `""` when generated.
    pub file: Text,
    /// File id and line of the document, for the render's source map.
    pub position: Position,
}

/// One rendered object with its provenance.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The object.
    pub root: Node,
    /// Where it was written.
    pub origin: Origin,
}
