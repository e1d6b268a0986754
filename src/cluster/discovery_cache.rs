//! The catalog on disk, so that most commands start without discovery.
//!
//! One file per server. A cache that cannot be read or written is as good as none: the reasons
//! go to the trace log. kubectl keeps its own for six hours; ten minutes here, because a kind
//! that is missing costs a fresh look anyway and a version that went away costs a failed sync.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::ApiCatalog;

/// How long a cached catalog will do.
pub(super) const CATALOG_AGE_MAX: Duration = Duration::from_mins(10);
/// A catalog of several thousand kinds is a few MiB; nothing larger is ours.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Where the catalog of one server is kept.
#[derive(Clone, Debug)]
pub(super) struct DiscoveryCache {
    file: PathBuf,
}

impl DiscoveryCache {
    /// The cache of the server at `server` that shows a certificate of `authority`. The
    /// certificate counts because local clusters come and go behind the same address.
    pub(super) fn new(cache_dir: &Path, server: &str, authority: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(server.as_bytes());
        hash.update([0]);
        hash.update(authority);
        let digest = hash.finalize();
        let start = digest[..8].try_into().expect("a SHA-256 digest has 32 bytes");
        let name = format!("{:016x}", u64::from_be_bytes(start));
        Self { file: cache_dir.join("discovery").join(name).join("catalog.json") }
    }

    /// The cached catalog, if there is a young one.
    pub(super) fn load(&self) -> Option<ApiCatalog> {
        self.try_load()
            .inspect_err(|cause| tracing::trace!(file = ?self.file, %cause, "no cached catalog"))
            .ok()
    }

    fn try_load(&self) -> io::Result<ApiCatalog> {
        let metadata = fs::metadata(&self.file)?;
        let age = metadata.modified()?.elapsed().map_err(io::Error::other)?;
        if age > CATALOG_AGE_MAX || metadata.len() > FILE_BYTES_MAX {
            return Err(io::Error::other("too old or too large"));
        }
        #[expect(clippy::disallowed_methods, reason = "this adapter owns the cache file")]
        let bytes = fs::read(&self.file)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Keeps a catalog. Other processes see the old file or the new one, never a part.
    pub(super) fn store(&self, catalog: &ApiCatalog) {
        if let Err(cause) = self.try_store(catalog) {
            tracing::trace!(file = ?self.file, %cause, "cannot keep the catalog");
        }
    }

    fn try_store(&self, catalog: &ApiCatalog) -> io::Result<()> {
        let folder = self.file.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(folder)?;
        let draft = folder.join(format!("catalog.{}.tmp", Uuid::new_v4()));
        let bytes = serde_json::to_vec(catalog)?;
        #[expect(clippy::disallowed_methods, reason = "this adapter owns the cache file")]
        let written = fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, &self.file));
        written.inspect_err(|_| {
            fs::remove_file(&draft).unwrap_or_default();
        })
    }

    /// Forgets the catalog: the server has shown that it is outdated.
    pub(super) fn forget(&self) {
        if let Err(cause) = fs::remove_file(&self.file) {
            tracing::trace!(file = ?self.file, %cause, "cannot forget the catalog");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    #[test]
    fn a_kept_catalog_is_read_back_until_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiscoveryCache::new(folder.path(), "https://a", b"ca");
        assert!(cache.load().is_none());
        cache.store(&ApiCatalog::from(vec![resources::secrets()]));
        let catalog = cache.load().unwrap();
        assert!(catalog.find(&resources::secrets().group_kind()).is_some());
        let other = DiscoveryCache::new(folder.path(), "https://a", b"other ca");
        assert!(other.load().is_none());
        cache.forget();
        assert!(cache.load().is_none());
    }

    #[test]
    fn a_damaged_or_impossible_cache_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = DiscoveryCache::new(folder.path(), "https://a", b"");
        cache.store(&ApiCatalog::default());
        let file = fs::OpenOptions::new().write(true).open(&cache.file).unwrap();
        file.set_len(1).unwrap();
        assert!(cache.load().is_none());
        let nowhere = DiscoveryCache::new(&cache.file, "https://a", b"");
        nowhere.store(&ApiCatalog::default());
        assert!(nowhere.load().is_none());
    }
}
