//! Stands in for the crate `ax-io`, which wants a nightly toolchain: what `ax-fs-ng` uses of it, under the same names.
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the names are another crate's, and are explained there"
)]

/// What input and output fail with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IoError {
    AlreadyExists,
    BadAddress,
    BadFileDescriptor,
    BadState,
    CrossesDevices,
    DirectoryNotEmpty,
    FilesystemLoop,
    FileTooLarge,
    Interrupted,
    InvalidData,
    InvalidInput,
    Io,
    IsADirectory,
    NameTooLong,
    NoMemory,
    NoSuchDevice,
    NoSuchDeviceOrAddress,
    NotADirectory,
    NotATty,
    NotFound,
    OperationNotPermitted,
    OperationNotSupported,
    OutOfRange,
    PermissionDenied,
    ReadOnlyFilesystem,
    ResourceBusy,
    StorageFull,
    TimedOut,
    UnexpectedEof,
    Unsupported,
    WouldBlock,
    WriteZero,
}

pub type Error = IoError;
pub type ErrorKind = IoError;
pub type Result<T = ()> = core::result::Result<T, IoError>;
pub const DEFAULT_BUF_SIZE: usize = 1024;

pub mod prelude {
    pub use crate::{IoBuf, IoBufExt, IoBufMut, IoBufMutExt, Read, Seek, Write};
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SeekFrom {
    Start(u64),
    End(i64),
    Current(i64),
}

pub trait Seek {
    fn seek(&mut self, to: SeekFrom) -> Result<u64>;
}

pub trait Read {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize>;

    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let mut part = [0; DEFAULT_BUF_SIZE];
        let before = bytes.len();
        loop {
            match self.read(&mut part)? {
                0 => return Ok(bytes.len() - before),
                count => bytes.extend_from_slice(&part[..count]),
            }
        }
    }

    fn read_to_string(&mut self, text: &mut String) -> Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        text.push_str(str::from_utf8(&bytes).map_err(|_| IoError::InvalidData)?);
        Ok(bytes.len())
    }
}

pub trait Write {
    fn write(&mut self, bytes: &[u8]) -> Result<usize>;

    fn flush(&mut self) -> Result;

    fn write_all(&mut self, mut bytes: &[u8]) -> Result {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(0) => return Err(IoError::WriteZero),
                Ok(count) => bytes = &bytes[count..],
                Err(IoError::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

pub trait IoBuf {
    fn remaining(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.remaining() == 0
    }
}

pub trait IoBufMut {
    fn remaining_mut(&self) -> usize;

    fn is_full(&self) -> bool {
        self.remaining_mut() == 0
    }
}

pub trait IoBufExt: Read + IoBuf {
    fn write_to<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<usize> {
        let mut part = [0; DEFAULT_BUF_SIZE];
        let most = self.remaining().min(part.len());
        let count = self.read(&mut part[..most])?;
        if count == 0 { Ok(0) } else { to.write(&part[..count]) }
    }
}

impl<T: Read + IoBuf + ?Sized> IoBufExt for T {}

pub trait IoBufMutExt: Write + IoBufMut {
    fn read_from<R: Read + ?Sized>(&mut self, from: &mut R) -> Result<usize> {
        let mut part = [0; DEFAULT_BUF_SIZE];
        let most = self.remaining_mut().min(part.len());
        let count = from.read(&mut part[..most])?;
        if count == 0 { Ok(0) } else { self.write(&part[..count]) }
    }
}

impl<T: Write + IoBufMut + ?Sized> IoBufMutExt for T {}

impl Read for &[u8] {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let count = bytes.len().min(self.len());
        bytes[..count].copy_from_slice(&self[..count]);
        *self = &self[count..];
        Ok(count)
    }
}

impl IoBuf for &[u8] {
    fn remaining(&self) -> usize {
        self.len()
    }
}

impl Write for &mut [u8] {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = bytes.len().min(self.len());
        let (now, later) = std::mem::take(self).split_at_mut(count);
        now.copy_from_slice(&bytes[..count]);
        *self = later;
        Ok(count)
    }

    fn flush(&mut self) -> Result {
        Ok(())
    }
}

impl IoBufMut for &mut [u8] {
    fn remaining_mut(&self) -> usize {
        self.len()
    }
}

pub struct ReadFn<F>(F);

pub fn read_fn<F: FnMut(&mut [u8]) -> Result<usize>>(f: F) -> ReadFn<F> {
    ReadFn(f)
}

impl<F: FnMut(&mut [u8]) -> Result<usize>> Read for ReadFn<F> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        self.0(bytes)
    }
}

pub struct WriteFn<F>(F);

pub fn write_fn<F: FnMut(&[u8]) -> Result<usize>>(f: F) -> WriteFn<F> {
    WriteFn(f)
}

impl<F: FnMut(&[u8]) -> Result<usize>> Write for WriteFn<F> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0(bytes)
    }

    fn flush(&mut self) -> Result {
        Ok(())
    }
}
