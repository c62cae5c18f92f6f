//! How a log is kept: zstd, without byte order mark.

use std::io::{self, Read as _};

use tokio::task::{JoinError, spawn_blocking};

/// zstd's own default.
const COMPRESSION_LEVEL: i32 = 3;

/// Work on more bytes than this would hold up other calls: it takes milliseconds.
const SMALL: usize = 256 << 10;

/// A log as it is kept.
pub(super) struct Packed {
    pub(super) text: String,
    /// The text, zstd.
    pub(super) content: Vec<u8>,
    pub(super) lines: i64,
    /// Whether the beginning was left out.
    pub(super) truncated: bool,
}

/// Makes text of what GitHub served, at most `most` bytes: what is no UTF-8 grows to three times its size.
pub(super) fn pack(bytes: &[u8], most: usize) -> io::Result<Packed> {
    let text = String::from_utf8_lossy(bytes);
    let (text, truncated) = end_of(actions_log::without_bom(&text), most);
    let content = zstd::encode_all(text.as_bytes(), COMPRESSION_LEVEL)?;
    let lines = i64::try_from(text.lines().count()).unwrap_or(i64::MAX);
    Ok(Packed { text: text.to_owned(), content, lines, truncated })
}

/// The end of a text, from the start of a line, and whether there is more. One line alone is cut as it is.
fn end_of(text: &str, most: usize) -> (&str, bool) {
    if text.len() <= most {
        return (text, false);
    }
    let end = text.get(text.ceil_char_boundary(text.len() - most)..).unwrap_or_default();
    let lines = end.split_once('\n').map(|(_, lines)| lines).filter(|lines| !lines.is_empty());
    (lines.unwrap_or(end), true)
}

/// The start of a compressed text, at most `most` bytes: what comes out is bounded whatever was put in.
pub(crate) fn unpack(content: &[u8], most: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    zstd::stream::read::Decoder::new(content)?.take(most).read_to_end(&mut bytes)?;
    let whole = match std::str::from_utf8(&bytes) {
        // The last character was cut, which is not an error of the text.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Ok(_) | Err(_) => bytes.len(),
    };
    bytes.truncate(whole);
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Works on a text of `bytes` bytes: here if it is small, else on a thread for such work, so that the threads
/// that serve requests go on.
pub(crate) async fn off_reactor<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if bytes <= SMALL { Ok(work()) } else { spawn_blocking(work).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reads_back_without_its_mark() {
        for (bytes, text, lines) in [
            ("\u{feff}one\ntwo ✅\n".as_bytes(), "one\ntwo ✅\n", 2),
            (b"one\ntw".as_slice(), "one\ntw", 2),
            (b"\xff\n".as_slice(), "\u{fffd}\n", 1),
            (b"".as_slice(), "", 0),
        ] {
            let packed = pack(bytes, 1_000).unwrap();
            assert_eq!((packed.text.as_str(), packed.lines, packed.truncated), (text, lines, false));
            assert_eq!(unpack(&packed.content, 1_000).unwrap(), text);
        }
    }

    #[test]
    fn what_grows_beyond_the_limit_loses_its_beginning() {
        // Ten bytes as GitHub serves them, eighteen as text.
        let served = b"one\n\xff\xff\xff\xfftw";
        for (most, text, truncated) in [
            (18, "one\n\u{fffd}\u{fffd}\u{fffd}\u{fffd}tw", false),
            (17, "\u{fffd}\u{fffd}\u{fffd}\u{fffd}tw", true),
            // One line alone, from the start of a character.
            (10, "\u{fffd}\u{fffd}tw", true),
        ] {
            let packed = pack(served, most).unwrap();
            assert_eq!((packed.text.as_str(), packed.truncated), (text, truncated), "{most}");
            assert_eq!(unpack(&packed.content, most).unwrap(), text);
        }
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let bomb = zstd::encode_all(vec![b'x'; 10 << 20].as_slice(), COMPRESSION_LEVEL).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(unpack(&bomb, 5).unwrap(), "xxxxx");
        let text = zstd::encode_all("aé".as_bytes(), COMPRESSION_LEVEL).unwrap();
        assert_eq!([1, 2, 3, 4].map(|most| unpack(&text, most).unwrap()), ["a", "a", "aé", "aé"]);
        assert!(unpack(b"no zstd", 5).is_err());
    }
}
