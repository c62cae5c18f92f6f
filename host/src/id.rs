//! Randomness and identifiers. The only file that may ask the machine for random bytes.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::clock::Timestamp;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// KSUID epoch: 2014-05-13T16:53:20Z, in seconds since the Unix epoch.
const KSUID_EPOCH: i64 = 1_400_000_000;

/// Random bytes: the machine's, or a seeded sequence for tests.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<StdRng>>);

impl Entropy {
    /// A generator seeded by the operating system (`ChaCha`, cryptographically secure).
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
        let rng = rand::make_rng();
        Self(Arc::new(Mutex::new(rng)))
    }

    /// A generator that always gives the same sequence. For tests and demo data alone.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // A thread that panicked while it held the lock cannot have left the generator half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A new identifier `<prefix>_<27 base62 characters>` that sorts by `now`: a KSUID whose payload begins with the
    /// microseconds of the second, because an agent makes many calls in one. 104 random bits are left.
    pub fn id(&self, prefix: &str, now: Timestamp) -> String {
        let mut payload = self.bytes();
        let micros = u32::try_from(now.micros().rem_euclid(1_000_000)).unwrap_or(0);
        let [_, subsecond @ ..] = micros.to_be_bytes();
        if let Some((first, _)) = payload.split_first_chunk_mut() {
            *first = subsecond;
        }
        ksuid(prefix, now, payload)
    }
}

/// The lowest identifier of the second of `at`: all of earlier seconds sort before it, and no other of its own
/// or of later ones does.
pub fn first_id(prefix: &str, at: Timestamp) -> String {
    ksuid(prefix, at, [0; 16])
}

fn ksuid(prefix: &str, at: Timestamp, payload: [u8; 16]) -> String {
    let seconds = u32::try_from((at.seconds() - KSUID_EPOCH).max(0)).unwrap_or(u32::MAX);
    let mut bytes = [0; 20];
    let (time, rest) = bytes.split_at_mut(4);
    time.copy_from_slice(&seconds.to_be_bytes());
    rest.copy_from_slice(&payload);
    format!("{prefix}_{}", base62(&bytes, 27))
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Entropy")
    }
}

/// Writes big-endian bytes in base 62, left-padded with zeros to `width` digits. `width` must be enough
/// for the bytes (43 for 32 bytes, 27 for 20): further digits are cut off on the left.
pub fn base62(bytes: &[u8], width: usize) -> String {
    let mut digits = vec![0_u32; width];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut().rev() {
            let value = *digit * 256 + carry;
            *digit = value % 62;
            carry = value / 62;
        }
    }
    digits
        .into_iter()
        .filter_map(|digit| BASE62.get(usize::try_from(digit).ok()?))
        .map(|digit| char::from(*digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_have_the_ksuid_shape() {
        let entropy = Entropy::seeded(1);
        let earlier = entropy.id("inst", Timestamp::from_micros(1_700_000_000_000_000));
        let next = entropy.id("inst", Timestamp::from_micros(1_700_000_000_000_001));
        let later = entropy.id("inst", Timestamp::from_micros(1_700_000_000_999_999));
        let much_later = entropy.id("inst", Timestamp::from_micros(1_700_000_001_000_000));
        assert!([&earlier, &next, &later, &much_later].is_sorted_by(|id, after| id < after));
        assert_eq!(earlier.len(), "inst_".len() + 27);
    }

    #[test]
    fn the_first_id_of_a_second_is_not_above_any_of_it() {
        let at = Timestamp::from_micros(1_700_000_000_999_999);
        let next = Timestamp::from_micros(1_700_000_001_000_000);
        let id = Entropy::seeded(1).id("aud", at);
        assert!(first_id("aud", at) <= id && id < first_id("aud", next));
        assert_eq!(first_id("aud", Timestamp::from_micros(0)), format!("aud_{}", "0".repeat(27)));
    }

    #[test]
    fn base62_agrees_with_the_ksuid_reference_value() {
        // The maximum KSUID, from segmentio/ksuid.
        assert_eq!(base62(&[0xff; 20], 27), "aWgEPTl1tmebfsQzFP4bxwgy80V");
        assert_eq!(base62(&[0; 20], 27), "0".repeat(27));
    }
}
