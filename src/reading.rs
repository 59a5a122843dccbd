//! Files that somebody names: read up to a size that no case has, and only if they are files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a case, or of an engine's input, at most.
pub const MOST: u64 = 1 << 20;

/// What is in a file of at most [`MOST`] bytes.
///
/// # Errors
/// If it cannot be read, is larger, or is a device or a pipe, which may never end.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device or a pipe, and no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let words = format!("it is larger than {} KiB, and no case is", MOST >> 10);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("it is no text in UTF-8, from byte {at} on"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_no_file_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("it");
        fs::write(&path, vec![b'#'; MOST as usize]).expect("a file");
        assert_eq!(read(&path).expect("it is not too large").len() as u64, MOST);
        fs::write(&path, vec![b'#'; MOST as usize + 1]).expect("a file");
        assert_eq!(read(&path).expect_err("it is").kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(folder.path()).expect_err("a folder").kind(), io::ErrorKind::IsADirectory);
        fs::write(&path, b"ab\xff").expect("a file");
        assert!(read_text(&path).expect_err("no text").to_string().ends_with("from byte 2 on"));
    }
}
