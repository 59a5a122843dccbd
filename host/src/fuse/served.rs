//! A filesystem that a thread of this process serves: mounting and unmounting.

use super::Error;
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

const DEVICE: &str = "/dev/fuse";

/// A mounted filesystem and the thread that serves it.
#[derive(Debug)]
pub(crate) struct Served {
    directory: PathBuf,
    /// Where `mount(2)` is not permitted, `fusermount3` mounts and unmounts.
    helper: Option<fuser::SessionUnmounter>,
    server: Option<JoinHandle<io::Result<()>>>,
}

impl Served {
    /// Mounts a filesystem and starts the thread that serves it. If a killed server left a mount on the directory, that
    /// is unmounted first.
    pub(crate) fn mount<F: fuser::Filesystem>(filesystem: F, directory: &Path) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::Mount { directory: directory.to_owned(), source };
        unmount_dead(directory).map_err(failed)?;
        let directory = directory.canonicalize().map_err(failed)?;
        let device = open_device()?;
        let mut helper = None;
        let session = match mount_directly(&device, &directory) {
            Ok(()) => serve_device(filesystem, device, &directory),
            Err(Errno::PERM) => fuser::Session::new(filesystem, &directory, &fuser::Config::default())
                .map(|mut session| {
                    helper = Some(session.unmount_callable());
                    session
                })
                .map_err(not_permitted_either),
            Err(error) => Err(error.into()),
        };
        let session = session.map_err(failed)?;
        // Only the thread owns the device: if it dies, the kernel ends the connection and nobody waits for an answer.
        let server =
            std::thread::Builder::new().name("fuse".to_owned()).spawn(move || session.run()).map_err(failed)?;
        Ok(Self { directory, helper, server: Some(server) })
    }

    /// The directory under which it is mounted.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Unmounts it.
    pub(crate) fn unmount(mut self) -> io::Result<()> {
        self.end()
    }

    /// Ends the server by unmounting; a second call does nothing.
    fn end(&mut self) -> io::Result<()> {
        let Some(server) = self.server.take() else { return Ok(()) };
        if server.is_finished() {
            // Either somebody else unmounted it, and what is mounted there now is not ours, or the server died.
            return unmount_dead(&self.directory);
        }
        if let Some(helper) = &mut self.helper {
            // Without force the server lives as long as files are open, so we do not wait for it.
            return helper.unmount();
        }
        // By force: calls that still wait for an answer fail. Detached: open files do not keep it mounted.
        unmount(&self.directory, UnmountFlags::FORCE | UnmountFlags::DETACH)?;
        let _ended_by_unmounting = server.join();
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{} stays mounted: {error}", self.directory.display());
        }
    }
}

/// Opens the device and mounts it on a directory; nobody serves it yet.
pub(crate) fn mount_unserved(directory: &Path) -> Result<File, Error> {
    let device = open_device()?;
    let mounted = mount_directly(&device, directory);
    mounted.map_err(|error| Error::Mount { directory: directory.to_owned(), source: error.into() })?;
    Ok(device)
}

/// Serves a device that is mounted already, until it is unmounted.
pub(crate) fn serve<F: fuser::Filesystem>(filesystem: F, device: OwnedFd) -> io::Result<()> {
    session(filesystem, device)?.run()
}

/// `mount(2)` is not permitted, and the helper could not mount it for us.
fn not_permitted_either(helpers: io::Error) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{}, and fusermount3: {helpers}", Errno::PERM))
}

fn open_device() -> Result<File, Error> {
    OpenOptions::new().read(true).write(true).open(DEVICE).map_err(Error::Device)
}

fn session<F: fuser::Filesystem>(filesystem: F, device: OwnedFd) -> io::Result<fuser::Session<F>> {
    fuser::Session::from_fd(filesystem, device, fuser::SessionACL::All, fuser::Config::default())
}

fn mount_directly(device: &File, directory: &Path) -> rustix::io::Result<()> {
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let data = format!("fd={},rootmode=40000,user_id={user},group_id={group},allow_other", device.as_raw_fd());
    let data = CString::new(data).expect("numbers and words have no zero bytes");
    mount(c"shortcopy", directory, c"fuse.shortcopy", MountFlags::NODEV | MountFlags::NOSUID, Some(data.as_c_str()))
}

fn serve_device<F: fuser::Filesystem>(filesystem: F, device: File, directory: &Path) -> io::Result<fuser::Session<F>> {
    let session = session(filesystem, OwnedFd::from(device));
    if session.is_err() {
        let _as_well_as_can_be = unmount(directory, UnmountFlags::FORCE | UnmountFlags::DETACH);
    }
    session
}

/// Unmounts FUSE mounts whose server is gone. The kernel reports that as `ENOTCONN`; anything else is left alone.
fn unmount_dead(directory: &Path) -> io::Result<()> {
    while rustix::fs::stat(directory).is_err_and(|it| it == Errno::NOTCONN) {
        unmount(directory, UnmountFlags::DETACH)?;
    }
    Ok(())
}
