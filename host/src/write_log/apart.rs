//! A log that a separate process serves.
//!
//! The process has left the namespace of the mount, so it does not keep the mount alive. The mount goes away with the
//! last process of its namespace at the latest. When the loop device has released the file too, the kernel ends the
//! connection, and the process ends. If the process is killed, the kernel ends the connection too, and nobody waits for
//! an answer.

use super::base::Base;
use super::disk::Disk;
use super::server::Server;
use super::tape::Recorder;
use crate::fuse::served::{mount_unserved, serve as serve_device};
use crate::mount::{MountError, MountPoint, leave_mounts};
use rustix::mount::{UnmountFlags, unmount};
use rustix::process::configure_io_flusher_behavior;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long the process may take to end when nothing is mounted any more.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(2);

/// The mount, and the process that serves it.
#[derive(Debug)]
pub(super) struct Apart {
    point: MountPoint,
    process: Child,
}

impl Apart {
    /// Mounts the file and starts the process. Its standard input is the device, its standard output the file of
    /// records.
    pub fn start(mut command: Command, tape: File) -> Result<Self, MountError> {
        let point = MountPoint::new()?;
        let device = mount_unserved(point.path())?;
        // In a group of its own the process does not get Ctrl-C, so it can serve the others until they have cleaned up.
        let started = command.stdin(device).stdout(tape).process_group(0).spawn();
        match started {
            Ok(process) => Ok(Self { point, process }),
            Err(error) => {
                let _ = unmount(point.path(), UnmountFlags::DETACH);
                Err(MountError::file("starting the process that keeps a log of writes", error))
            }
        }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.point.path()
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // The process serves the file until its last user has closed it.
        let _ = unmount(self.point.path(), UnmountFlags::DETACH);
        let asked = Instant::now();
        while self.process.try_wait().is_ok_and(|it| it.is_none()) {
            if asked.elapsed() >= GRACE {
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Serves a log in the process that [`super::WriteLog::mount_apart`] starts. It returns when nothing is mounted any
/// more.
///
/// # Errors
/// If standard input is no device with a mount, or the base cannot be read.
pub fn serve(base: Base) -> io::Result<()> {
    leave_mounts()?;
    // A memory allocation of this process must not wait for a write that it has to serve. Without the right to ask for
    // this, it nearly always works anyway.
    let _ = configure_io_flusher_behavior(true);
    let device = io::stdin().as_fd().try_clone_to_owned()?;
    let recorder = Recorder::new(File::from(io::stdout().as_fd().try_clone_to_owned()?));
    let base = base.open().map_err(io::Error::other)?;
    serve_device(Server::new(Arc::new(Mutex::new(Disk::new(base, recorder)))), device)
}
