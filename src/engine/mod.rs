//! The use cases: async, over ports only; they print nothing.
