//! The content of the disk when a log begins.

use crate::fuse::Error;
use crate::marker::fill_sectors;
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes that are copied at once.
const CHUNK: u64 = 1 << 20;

/// What the disk holds before anything is written to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Base {
    /// This many zeroes.
    Zeroes(u64),
    /// This many bytes in whole sectors, each filled with words that name its number.
    Marked(u64),
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of this file, which must not change meanwhile, nor lie on the disk itself.
    File(PathBuf),
}

/// A base that is ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) size: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Zeroes,
    Marked,
    Bytes(Arc<[u8]>),
    File(Arc<File>),
}

impl Base {
    pub(super) fn open(self) -> Result<Opened, Error> {
        Ok(match self {
            Self::Zeroes(size) => Opened { size, content: Content::Zeroes },
            Self::Marked(size) => Opened { size, content: Content::Marked },
            Self::Bytes(bytes) => Opened { size: bytes.len() as u64, content: Content::Bytes(bytes.into()) },
            Self::File(path) => {
                let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
                let (size, file) = opened.map_err(|source| Error::Base { path, source })?;
                Opened { size, content: Content::File(Arc::new(file)) }
            }
        })
    }
}

impl Opened {
    /// Reads a range, which must not go past the end.
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match &self.content {
            Content::Zeroes => buffer.fill(0),
            Content::Marked => fill_sectors(offset, buffer),
            Content::Bytes(bytes) => buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]),
            Content::File(file) => file.read_exact_at(buffer, offset)?,
        }
        Ok(())
    }

    /// Copies the base into an empty file. Holes stay holes.
    pub(super) fn copy_to(&self, image: &File) -> io::Result<()> {
        image.set_len(self.size)?;
        match &self.content {
            Content::Zeroes => Ok(()),
            Content::Marked => (0..self.size).step_by(CHUNK as usize).try_for_each(|at| {
                let mut part = vec![0; CHUNK.min(self.size - at) as usize];
                fill_sectors(at, &mut part);
                image.write_all_at(&part, at)
            }),
            Content::Bytes(bytes) => image.write_all_at(bytes, 0),
            Content::File(file) => copy_data(file, image, self.size),
        }
    }
}

fn copy_data(from: &File, to: &File, size: u64) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK as usize];
    let mut at = 0;
    while at < size {
        let start = match seek(from, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => break, // The rest is one hole.
            Err(error) => return Err(error.into()),
        };
        at = seek(from, SeekFrom::Hole(start))?.min(size);
        for offset in (start..at).step_by(CHUNK as usize) {
            let part = &mut buffer[..CHUNK.min(at - offset) as usize];
            from.read_exact_at(part, offset)?;
            to.write_all_at(part, offset)?;
        }
    }
    Ok(())
}

/// Clears a range of a file, with a hole if its filesystem has holes.
pub(super) fn clear(image: &File, offset: u64, length: u64) -> io::Result<()> {
    match fallocate(image, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, offset, length) {
        Err(Errno::OPNOTSUPP) => {
            let zeroes = vec![0; CHUNK as usize];
            let end = offset + length;
            (offset..end)
                .step_by(CHUNK as usize)
                .try_for_each(|at| image.write_all_at(&zeroes[..CHUNK.min(end - at) as usize], at))
        }
        other => Ok(other?),
    }
}
