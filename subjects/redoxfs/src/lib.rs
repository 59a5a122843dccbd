//! An adapter for the crate `redoxfs`, the filesystem of Redox.
//!
//! Not used: folders, links, removing, renaming, passwords and times, for no case has them. Each call is a transaction
//! of its own, as it is under the crate's own mount.

use redoxfs::{BLOCK_SIZE, FileSystem, Node, Transaction, TreePtr};
use shortcopy::case::OperationKind;
use shortcopy::subject::{Abilities, Disk, Errno, Volume};
use std::fmt;
use syscall::error::{EINVAL, EIO, ENOSPC, Error, Result as Outcome};

/// The disk in blocks of the crate.
struct Blocks(Disk);

impl redoxfs::Disk for Blocks {
    unsafe fn read_at(&mut self, block: u64, bytes: &mut [u8]) -> Outcome<usize> {
        self.0.read(block * BLOCK_SIZE, bytes).map_err(|_| Error::new(EIO))?;
        Ok(bytes.len())
    }

    unsafe fn write_at(&mut self, block: u64, bytes: &[u8]) -> Outcome<usize> {
        self.0.write(block * BLOCK_SIZE, bytes).map_err(|_| Error::new(EIO))?;
        Ok(bytes.len())
    }

    fn size(&mut self) -> Outcome<u64> {
        Ok(self.0.size())
    }
}

/// A mounted RedoxFS.
pub struct Redoxfs(Box<FileSystem<Blocks>>);

impl fmt::Debug for Redoxfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redoxfs").finish_non_exhaustive()
    }
}

impl Redoxfs {
    /// A transaction on a file.
    fn on<T>(
        &mut self,
        name: &str,
        f: impl FnOnce(&mut Transaction<'_, Blocks>, TreePtr<Node>) -> Outcome<T>,
    ) -> Result<T, Errno> {
        let done = self.0.tx(|tx| {
            let node = tx.find_node(TreePtr::root(), name)?.ptr();
            f(tx, node)
        });
        done.map_err(errno)
    }
}

/// What a call failed with.
fn errno(error: Error) -> Errno {
    match error.errno {
        ENOSPC => Errno::ENOSPC,
        EINVAL => Errno::EINVAL,
        _ => Errno::EIO,
    }
}

impl Volume for Redoxfs {
    const NAME: &'static str = "redoxfs";
    const ABILITIES: Abilities = Abilities::VOLUME.with_operation(OperationKind::Crash);
    const STACK: usize = 1 << 20;

    fn format(disk: &Disk) -> Result<(), String> {
        FileSystem::create(Blocks(*disk), None, 0, 0).map(|_| ()).map_err(|why| why.to_string())
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let mounted = FileSystem::open(Blocks(*disk), None, None, true).map_err(|why| why.to_string())?;
        Ok(Self(Box::new(mounted)))
    }

    fn unmount(mut self) -> Result<(), String> {
        let done = self.0.cleanup().map_err(|why| why.to_string());
        self.0.disk.0.flush();
        done
    }

    fn create(&mut self, name: &str) -> Result<(), Errno> {
        let mode = Node::MODE_FILE | 0o644;
        self.0.tx(|tx| tx.create_node(TreePtr::root(), name, mode, 0, 0)).map(|_| ()).map_err(errno)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        self.on(name, |tx, node| tx.write_node(node, at, bytes, 0, 0))
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        self.on(name, |tx, node| tx.read_node(node, at, bytes, 0, 0))
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        self.on(name, |tx, node| Ok(tx.read_tree(node)?.data().size()))
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        self.on(name, |tx, node| tx.truncate_node(node, size, 0, 0))
    }

    /// Each transaction is written when it ends; the crate's disk has no flush, so whoever mounts it does that.
    fn sync(&mut self, _: &str) -> Result<(), Errno> {
        self.0.disk.0.flush();
        Ok(())
    }
}
