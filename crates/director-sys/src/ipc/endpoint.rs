//! The name of an endpoint.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::imp;

/// Where the director of one data folder is reached: `\\.\pipe\director-<hash>` or `<hash>.sock` in a private folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) path: PathBuf,
    pub(crate) data_dir: PathBuf,
}

impl Endpoint {
    /// The endpoint of a data folder; equal for every spelling of the same folder.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn for_data_dir(data_dir: &Path) -> io::Result<Self> {
        let hash = fnv1a_128(crate::fs_guard::canonical_key(data_dir)?.as_bytes());
        let path = imp::endpoint_path(&format!("{:016x}", (hash >> 64) as u64 ^ hash as u64), data_dir)?;
        Ok(Self {
            path,
            data_dir: data_dir.to_path_buf(),
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(formatter)
    }
}

/// FNV-1a, 128 bits: the name must be the same in every build and version, which the standard library's hasher does not
/// promise. It guards nothing; the access rules do.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        })
}
