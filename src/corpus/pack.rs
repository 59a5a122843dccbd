//! A flat archive of inputs, as engines and their infrastructure want their seeds: one file each, no folders.

use super::Entry;
use super::name::content_name;
use crate::whole::{folder_of, unfinished};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Why nothing could be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The archive cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// It would not be an archive.
    #[error(transparent)]
    Zip(#[from] ZipError),
}

/// Packs each input once, by the name that libFuzzer would give it; the same inputs give the same archive. How many
/// there are in it.
///
/// # Errors
/// If it cannot be written; then there is no archive, or the one that was there before.
pub fn pack(entries: &[Entry], archive: &Path) -> Result<usize, PackError> {
    let inputs: BTreeMap<String, &[u8]> =
        entries.iter().map(|it| (content_name(&it.bytes), it.bytes.as_slice())).collect();
    let unfinished = unfinished(folder_of(archive))?;
    let mut zip = ZipWriter::new(unfinished.reopen()?);
    for (name, bytes) in &inputs {
        // No date, so that it is the same each time; small as they are, packing them would make them larger.
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name.as_str(), options.last_modified_time(zip::DateTime::default()).unix_permissions(0o644))?;
        zip.write_all(bytes)?;
    }
    zip.finish()?.sync_all()?;
    unfinished.persist(archive).map_err(|error| error.error)?;
    Ok(inputs.len())
}

#[cfg(test)]
mod tests {
    use super::{Entry, pack};
    use std::fs;

    #[test]
    fn the_same_inputs_give_the_same_archive_without_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let entries = ["one", "two", "one"].map(|it| Entry { path: it.into(), bytes: it.as_bytes().to_vec() });
        let [first, second] = ["first.zip", "second.zip"].map(|it| folder.path().join(it));
        assert_eq!(pack(&entries, &first).expect("it is written"), 2);
        assert_eq!(pack(&entries, &second).expect("it is written"), 2);
        assert_eq!(fs::read(&first).expect("it is there"), fs::read(&second).expect("it is there"));
        let archive = zip::ZipArchive::new(fs::File::open(&first).expect("it is there")).expect("an archive");
        assert!(archive.file_names().all(|it| it.is_ok_and(|it| it.len() == 40 && !it.contains('/'))));
    }
}
