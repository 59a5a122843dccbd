//! Files that are compressed as their names say: `.xz`, `.zst`, or not at all.

use std::io::{self, Read};
use std::path::Path;

/// A reader of what is in a file of this name.
pub(crate) fn reader<'r>(name: &Path, inner: impl Read + 'r) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match name.extension().and_then(|it| it.to_str()) {
        Some("xz") => Box::new(lzma_rust2::XzReader::new(inner, true)),
        Some("zst") => Box::new(ruzstd::decoding::StreamingDecoder::new(inner).map_err(io::Error::other)?),
        _ => Box::new(inner),
    })
}
