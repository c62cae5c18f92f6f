//! The server's key: it derives what must be reproducible but must not be in the database.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::id::Entropy;

/// File name in the data folder.
const FILE: &str = "server.key";

/// 256 random bits, kept in the data folder. Replicas share one file.
///
/// Security: not in the database, so that a copy of the database alone cannot derive a token or forge a
/// cursor or form.
#[derive(Clone)]
pub struct ServerKey([u8; 32]);

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ServerKey")
    }
}

impl ServerKey {
    /// A key for tests.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the key of a data folder, or makes it on the first start.
    pub fn load_or_create(data: &Path, entropy: &Entropy) -> std::io::Result<Self> {
        let path = data.join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| {
                std::io::Error::new(ErrorKind::InvalidData, format!("{} must hold 32 bytes", path.display()))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = entropy.bytes();
                create_private(&path)?.write_all(&key)?;
                Ok(Self(key))
            }
            Err(error) => Err(error),
        }
    }

    /// HMAC-SHA256 over `purpose` and the parts, each with its length, so that no two inputs collide.
    pub fn derive(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC pads a key to its block of 64 bytes with zeros (RFC 2104 §2); done here, it cannot fail.
        let mut block = [0; 64];
        let (key, _) = block.split_at_mut(self.0.len());
        key.copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Whether `tag` is what [`Self::derive`] gives, compared in constant time. A tag may be a prefix of at
    /// least 16 bytes.
    pub fn verify(&self, purpose: &'static str, parts: &[&[u8]], tag: &[u8]) -> bool {
        let expected = self.derive(purpose, parts);
        tag.len() >= 16 && expected.get(..tag.len()).is_some_and(|expected| expected.ct_eq(tag).into())
    }
}

/// Creates a file that only the owner can read; fails if it exists.
fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("atmos-mcp-key-{}", std::process::id()));
        crate::startup::create_data_folder(&folder).unwrap();
        let first = ServerKey::load_or_create(&folder, &Entropy::seeded(1)).unwrap();
        let again = ServerKey::load_or_create(&folder, &Entropy::seeded(2)).unwrap();
        assert_eq!(first.derive("test", &[b"x"]), again.derive("test", &[b"x"]));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join(FILE))), (0o700, 0o600));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = ServerKey::from_bytes([7; 32]);
        assert_ne!(key.derive("test", &[b"ab", b"c"]), key.derive("test", &[b"a", b"bc"]));
        assert!(key.verify("test", &[b"ab"], &key.derive("test", &[b"ab"])));
        assert!(!key.verify("test", &[b"ab"], b""));
    }
}
