//! The Store port: Applications as custom resources or files.
