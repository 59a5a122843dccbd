//! Answers the kernel's requests over FUSE.

use super::Options;
use super::blocks::BLOCK;
use super::faulty::Faulty;
use super::names::Name;
use super::volume::{Owner, ROOT};
use fuser::{
    Errno, FileAttr, FileHandle, FileType, FopenFlags, Generation, INodeNo, InitFlags, KernelConfig, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use std::ffi::OsStr;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Names change only through the kernel, so it may cache them.
const NAMES_HOLD: Duration = Duration::from_secs(3600);
/// The kernel asks for attributes each time, so that it sees the wrong sizes of defects, and sees them independently of
/// time.
const ATTRIBUTES_HOLD: Duration = Duration::ZERO;
/// A file that is opened again keeps its cached pages, as on a local filesystem.
const OPENED: FopenFlags = FopenFlags::FOPEN_KEEP_CACHE;
const HANDLE: FileHandle = FileHandle(0);
const GENERATION: Generation = Generation(0);
const LONGEST_NAME: u32 = 255;

/// The server's side of a mount.
#[derive(Debug)]
pub(super) struct Server {
    options: Options,
    mounted: SystemTime,
    faulty: Mutex<Faulty>,
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_i32(error.raw_os_error())
}

impl Server {
    pub(super) fn new(options: Options) -> Self {
        Self { options, mounted: SystemTime::now(), faulty: Mutex::new(Faulty::new(options)) }
    }

    fn faulty(&self) -> MutexGuard<'_, Faulty> {
        self.faulty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn directory(&self, number: u64) -> FileAttr {
        let at = self.mounted;
        FileAttr {
            ino: INodeNo(number),
            size: 0,
            blocks: 0,
            atime: at,
            mtime: at,
            ctime: at,
            crtime: at,
            kind: FileType::Directory,
            perm: 0o777,
            nlink: 2,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: BLOCK as u32,
            flags: 0,
        }
    }

    fn attributes(&self, faulty: &mut Faulty, number: u64) -> rustix::io::Result<FileAttr> {
        if faulty.volume.directory_above(number).is_some() {
            return Ok(self.directory(number));
        }
        let size = faulty.size(number)?;
        let file = faulty.volume.file(number)?;
        Ok(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: file.blocks.count() * (BLOCK / 512) as u64,
            atime: file.accessed,
            mtime: file.modified,
            ctime: file.changed,
            kind: FileType::RegularFile,
            perm: file.owner.permissions,
            nlink: u32::from(file.linked),
            uid: file.owner.user,
            gid: file.owner.group,
            ..self.directory(number)
        })
    }

    fn open_or_create(&self, name: Name<'_>, owner: Owner, flags: i32) -> rustix::io::Result<FileAttr> {
        let mut faulty = self.faulty();
        // The kernel looks the name up before it creates; somebody else may have been faster.
        let number = if faulty.volume.has_name(name) && flags & libc::O_EXCL == 0 {
            faulty.volume.look_up(name)?
        } else {
            faulty.volume.create(name, owner)?
        };
        if flags & libc::O_TRUNC != 0 {
            faulty.truncate(number, 0)?;
        }
        self.attributes(&mut faulty, number)
    }

    fn change(&self, number: u64, change: &Change) -> rustix::io::Result<FileAttr> {
        let mut faulty = self.faulty();
        if faulty.volume.directory_above(number).is_none() {
            if let Some(size) = change.size {
                faulty.truncate(number, size)?;
            }
            change.apply(faulty.volume.file_mut(number)?);
        }
        self.attributes(&mut faulty, number)
    }
}

/// What `setattr` may change.
struct Change {
    size: Option<u64>,
    permissions: Option<u32>,
    user: Option<u32>,
    group: Option<u32>,
    accessed: Option<TimeOrNow>,
    modified: Option<TimeOrNow>,
    changed: Option<SystemTime>,
}

impl Change {
    fn apply(&self, file: &mut super::volume::File) {
        let time = |it: TimeOrNow| match it {
            TimeOrNow::SpecificTime(time) => time,
            TimeOrNow::Now => SystemTime::now(),
        };
        file.owner.permissions = self.permissions.map_or(file.owner.permissions, |it| (it & 0o7777) as u16);
        file.owner.user = self.user.unwrap_or(file.owner.user);
        file.owner.group = self.group.unwrap_or(file.owner.group);
        file.accessed = self.accessed.map_or(file.accessed, time);
        file.modified = self.modified.map_or(file.modified, time);
        file.changed = self.changed.unwrap_or_else(SystemTime::now);
    }
}

const fn named(directory: INodeNo, name: &OsStr) -> Name<'_> {
    Name { directory: directory.0, name }
}

fn answer_entry(reply: ReplyEntry, result: rustix::io::Result<FileAttr>) {
    match result {
        Ok(it) => reply.entry_with_ttls(&ATTRIBUTES_HOLD, &NAMES_HOLD, &it, GENERATION),
        Err(error) => reply.error(errno(error)),
    }
}

/// Answers with success or the error.
fn answer(reply: ReplyEmpty, result: rustix::io::Result<()>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(errno(error)),
    }
}

impl fuser::Filesystem for Server {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // Files change only through the kernel, so it need not drop its cache when it is told a size. An old kernel
        // drops it anyway.
        let _ = config.add_capabilities(InitFlags::FUSE_EXPLICIT_INVAL_DATA);
        if self.options.writeback_cache && config.add_capabilities(InitFlags::FUSE_WRITEBACK_CACHE).is_err() {
            return Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP));
        }
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut faulty = self.faulty();
        let found = faulty.volume.look_up(named(parent, name)).and_then(|number| self.attributes(&mut faulty, number));
        answer_entry(reply, found);
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        let made = self.faulty().volume.make_directory(named(parent, name));
        answer_entry(reply, made.map(|number| self.directory(number)));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, self.faulty().volume.unlink(named(parent, name)));
    }

    fn forget(&self, _: &Request, number: INodeNo, lookups: u64) {
        self.faulty().volume.forget(number.0, lookups);
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.attributes(&mut self.faulty(), number.0) {
            Ok(it) => reply.attr(&ATTRIBUTES_HOLD, &it),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        permissions: Option<u32>,
        user: Option<u32>,
        group: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        changed: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let change = Change { size, permissions, user, group, accessed, modified, changed };
        match self.change(number.0, &change) {
            Ok(it) => reply.attr(&ATTRIBUTES_HOLD, &it),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, self.faulty().volume.unlink(named(parent, name)));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        from: &OsStr,
        new_parent: INodeNo,
        to: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = (named(parent, from), named(new_parent, to));
        let volume = &mut self.faulty().volume;
        let result = match flags {
            RenameFlags::RENAME_EXCHANGE => volume.exchange(from, to),
            RenameFlags::RENAME_NOREPLACE if volume.has_name(to) => Err(rustix::io::Errno::EXIST),
            RenameFlags::RENAME_WHITEOUT => Err(rustix::io::Errno::INVAL),
            _ => volume.rename(from, to),
        };
        answer(reply, result);
    }

    fn open(&self, _: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let truncated = if flags.0 & libc::O_TRUNC == 0 { Ok(()) } else { self.faulty().truncate(number.0, 0) };
        match truncated {
            Ok(()) => reply.opened(HANDLE, OPENED),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let owner = Owner { user: request.uid(), group: request.gid(), permissions: (mode & 0o7777) as u16 };
        match self.open_or_create(named(parent, name), owner, flags) {
            // One time holds for attributes and name, so the name of a new file is looked up once more.
            Ok(it) => reply.created(&ATTRIBUTES_HOLD, &it, GENERATION, HANDLE, OPENED),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.faulty().read(number.0, offset, size as usize) {
            Ok(data) => reply.data(&data),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.faulty().write(number.0, offset, data) {
            Ok(accepted) => reply.written(accepted as u32),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fallocate(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        answer(reply, self.faulty().allocate(number.0, offset, length, mode.cast_unsigned()));
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let faulty = self.faulty();
        let above = faulty.volume.directory_above(number.0).unwrap_or(ROOT);
        let dots = [(1, number.0, "."), (2, above, "..")];
        let dots = dots.map(|(at, number, name)| (at, number, OsStr::new(name)));
        // An entry's offset is the number of its file, which stays the same when other entries come and go.
        let entries = faulty.volume.listing(number.0).into_iter().map(|(number, name)| (number + 1, number, name));
        for (at, number, name) in dots.into_iter().chain(entries).filter(|(at, ..)| *at > offset) {
            let is_directory = faulty.volume.directory_above(number).is_some();
            let kind = if is_directory { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(number), at, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let volume = &self.faulty().volume;
        let free = volume.capacity.saturating_sub(volume.used());
        let (block, files) = (BLOCK as u32, volume.count());
        reply.statfs(volume.capacity, free, free, files, u64::from(u32::MAX), block, LONGEST_NAME, block);
    }
}
