//! The command line as such.
