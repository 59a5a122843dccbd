//! A log that a process of its own serves.
//!
//! It has left the namespace of that mount, so it does not keep it. When the mount goes, with the last process of its
//! namespace at the latest, and the loop device has let go of the file, the kernel ends the connection, and the process
//! ends. Should the process be killed, the kernel ends the connection too, and nobody waits for an answer.

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
    /// Mounts the file and starts the process, with the device as its standard input, and what it records to as its
    /// standard output.
    pub fn start(mut command: Command, tape: File) -> Result<Self, MountError> {
        let point = MountPoint::new()?;
        let device = mount_unserved(point.path())?;
        // Ctrl-C is for those who know what to do then: in a group of its own it serves them until they have done it.
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
        // Whoever still has the file open is served until it is closed.
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

/// Serves a log: what a process does that [`super::WriteLog::mount_apart`] starts. It returns when nothing is mounted
/// any more.
///
/// # Errors
/// If standard input is no device with a mount, or the base cannot be read.
pub fn serve(base: Base) -> io::Result<()> {
    leave_mounts()?;
    // Memory that it asks for must not wait for a write that it is to serve. Without the right to ask for this it goes
    // well nearly always.
    let _ = configure_io_flusher_behavior(true);
    let device = io::stdin().as_fd().try_clone_to_owned()?;
    let recorder = Recorder::new(File::from(io::stdout().as_fd().try_clone_to_owned()?));
    let base = base.open().map_err(io::Error::other)?;
    serve_device(Server::new(Arc::new(Mutex::new(Disk::new(base, recorder)))), device)
}
