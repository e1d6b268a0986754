//! The Sources port: Git repositories and local folders.
