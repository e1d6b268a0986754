//! The port [`Store`](crate::ports::Store): Applications, projects, settings and credentials as
//! Argo CD keeps them on a cluster, or an Application in a file with a record on the cluster.

mod crd;
mod error;
mod files;
pub mod install;
mod lease;
#[cfg(test)]
mod memory_cluster;
mod read_file;
mod record;
mod secrets;
mod settings;

pub use crd::CrdStore;
pub use files::{FileStore, RecordUse};
pub use read_file::{FileDocuments, read_file};
