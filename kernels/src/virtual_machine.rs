//! A virtual machine that boots a kernel, does a job and ends: started, listened to, and never left behind.

use crate::accelerator::Accelerator;
use crate::{Kernel, Results};
use rustix::process::{Signal, set_parent_process_death_signal};
use std::env::consts::ARCH;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The program that runs machines.
const PROGRAM: &str = "qemu-system-x86_64";
/// The Debian package that qemu is in.
pub const PACKAGE: &str = "qemu-system-x86";
/// MiB of memory: with less, the images of filesystems and markers in free memory do not go together.
const MEMORY: &str = "1024";
/// How long a guest may take to reach process 1.
const BOOT: Duration = Duration::from_secs(120);
/// How often it is looked what a machine does.
const LOOK: Duration = Duration::from_millis(50);
/// How many lines of a console tell what went wrong.
const TAIL: usize = 12;
/// Distributions zero pages at allocation, which hides uninitialised memory; mitigations cost time, and a panic ends
/// the machine.
const PARAMETERS: &str =
    "console=ttyS0 quiet panic=-1 init_on_alloc=0 mitigations=off tsc=reliable random.trust_cpu=on";

/// Why a machine cannot be started or listened to.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// There is no qemu.
    #[error("there is no {PROGRAM} here; Debian has it in the package {PACKAGE}")]
    NoQemu,
    /// A guest runs this very program, and the kernels are for another processor.
    #[error(
        "this program was built for {ARCH}, and runs only in guests of its own kind; kernels are booted for x86_64 only"
    )]
    Processor,
    /// It does not start.
    #[error("cannot start {PROGRAM}: {0}")]
    Start(io::Error),
    /// A file of it cannot be written or read: a full disk, mostly.
    #[error("cannot {what}: {source}")]
    File {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

/// A machine to start.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// What boots.
    pub kernel: &'a Kernel,
    /// The archives that it starts from, one after the other.
    pub archives: &'a [&'a [u8]],
    /// What process 1, `/init`, is called with.
    pub init_arguments: &'a [&'a str],
    /// How its instructions are run.
    pub accelerator: Accelerator,
}

impl Machine<'_> {
    /// Whether machines can be started here at all.
    ///
    /// # Errors
    /// If this is no processor for it, or there is no qemu.
    pub fn check() -> Result<(), MachineError> {
        if ARCH != "x86_64" {
            return Err(MachineError::Processor);
        }
        Command::new(PROGRAM).arg("--version").output().map(|_| ()).map_err(not_started)
    }

    /// Starts it.
    ///
    /// # Errors
    /// See [`MachineError`].
    pub fn start(&self) -> Result<VirtualMachine, MachineError> {
        let file = |what| move |source| MachineError::File { what, source };
        // None of these has a name: nothing of them is left behind, however this process ends.
        let new = || tempfile::tempfile().map_err(file("make a temporary file"));
        let (mut archive, console, told, errors) = (new()?, new()?, new()?, new()?);
        for part in self.archives {
            archive.write_all(part).map_err(file("write the archive that the guest starts from"))?;
        }
        let parameters = format!("{PARAMETERS} -- {}", self.init_arguments.join(" "));
        let mut command = Command::new(PROGRAM);
        command
            .args(self.accelerator.arguments())
            .args(["-smp", "1", "-m", MEMORY, "-display", "none", "-no-reboot", "-nic", "none", "-nodefaults"])
            .arg("-kernel")
            .arg(&self.kernel.image)
            .arg("-initrd")
            .arg(path_of(&archive))
            .args(["-append", &parameters])
            .args([serial(&console), serial(&told)].iter().flat_map(|it| ["-serial", it]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.try_clone().map_err(file("share a file"))?);
        let child = spawn(&mut command).map_err(not_started)?;
        Ok(VirtualMachine { child, archive, console, told, errors, started: Instant::now(), has_booted: false })
    }
}

fn not_started(error: io::Error) -> MachineError {
    match error.kind() {
        ErrorKind::NotFound => MachineError::NoQemu,
        _ => MachineError::Start(error),
    }
}

/// Starts a machine that ends when the thread that started it does, and that a Ctrl-C at the terminal does not reach.
#[allow(unsafe_code, reason = "what runs between fork and exec has to be safe there")]
fn spawn(command: &mut Command) -> io::Result<Child> {
    command.process_group(0);
    // SAFETY: the closure makes one system call, and touches no memory that another thread could hold.
    unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
    command.spawn()
}

/// A path by which another process of the same user opens a file of ours that has no name.
fn path_of(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()))
}

fn serial(file: &File) -> String {
    format!("file:{}", path_of(file).display())
}

/// What a machine ended as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It has done its job.
    Finished,
    /// It was still at it when its time was over.
    Hung,
    /// It ended in the middle: the kernel has panicked, most likely.
    Died,
    /// Process 1 was not reached; what qemu says.
    DidNotBoot(String),
    /// Somebody killed it, by this signal.
    Killed(i32),
    /// It was ended because it was asked for.
    Stopped,
}

/// A machine's end.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What it ended as.
    pub how: How,
    /// What the guest has told.
    pub results: Results,
    /// The console, as text.
    pub console: String,
    /// How long it ran.
    pub time: Duration,
}

impl Ended {
    /// The last lines of the console.
    #[must_use]
    pub fn tail(&self) -> Vec<&str> {
        let lines: Vec<&str> = self.console.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
        lines[lines.len().saturating_sub(TAIL)..].to_vec()
    }
}

/// A machine that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct VirtualMachine {
    child: Child,
    #[allow(dead_code, reason = "qemu opens it by its number, and reads it until the guest has started")]
    archive: File,
    console: File,
    told: File,
    errors: File,
    started: Instant,
    has_booted: bool,
}

impl VirtualMachine {
    /// The process that it is.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What the guest has told so far.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn results(&self) -> Result<Results, MachineError> {
        let told =
            content(&self.told).map_err(|source| MachineError::File { what: "read what a guest told", source })?;
        Ok(Results::read(&told))
    }

    /// Waits until it has ended; it is ended when its time is over, or when it is to stop. What the guest has told so
    /// far is shown now and then.
    ///
    /// # Errors
    /// If what it told cannot be read.
    pub fn wait(
        mut self,
        limit: Duration,
        stop: &AtomicBool,
        mut show: impl FnMut(&Results),
    ) -> Result<Ended, MachineError> {
        let mut length = 0;
        let how = loop {
            let ended = self.child.try_wait().map_err(MachineError::Start)?;
            let now = self.told.metadata().map_or(0, |it| it.len());
            if now != length {
                length = now;
                let results = self.results()?;
                self.has_booted |= results.hello.is_some();
                show(&results);
            }
            if let Some(status) = ended {
                break self.how(status)?;
            }
            let limit = if self.has_booted { limit } else { limit.min(BOOT) };
            let how = if stop.load(Ordering::Relaxed) {
                How::Stopped
            } else if self.started.elapsed() < limit {
                thread::sleep(LOOK);
                continue;
            } else if self.has_booted {
                How::Hung
            } else {
                How::DidNotBoot(format!("nothing was heard of it for {} s", limit.as_secs()))
            };
            self.end();
            break how;
        };
        let console = content(&self.console).unwrap_or_default();
        let console = without_escapes(&String::from_utf8_lossy(&console));
        Ok(Ended { how, results: self.results()?, console, time: self.started.elapsed() })
    }

    /// How it ended by itself.
    fn how(&self, status: ExitStatus) -> Result<How, MachineError> {
        if let Some(signal) = status.signal() {
            return Ok(How::Killed(signal));
        }
        let results = self.results()?;
        Ok(if results.done {
            How::Finished
        } else if results.hello.is_some() {
            How::Died
        } else {
            let said = content(&self.errors).unwrap_or_default();
            How::DidNotBoot(String::from_utf8_lossy(&said).trim().to_owned())
        })
    }

    fn end(&mut self) {
        // It is ours, and nobody has waited for it: its number cannot be another's.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for VirtualMachine {
    fn drop(&mut self) {
        self.end();
    }
}

/// All of a file that somebody else appends to.
fn content(file: &File) -> io::Result<Vec<u8>> {
    struct At<'f>(&'f File, u64);
    impl Read for At<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read_at(buffer, self.1)?;
            self.1 += read as u64;
            Ok(read)
        }
    }
    let mut content = Vec::new();
    At(file, 0).read_to_end(&mut content)?;
    Ok(content)
}

/// A console's text without what moves a cursor or chooses colours.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(it) = characters.next() {
        match it {
            '\u{1b}' => {
                // `ESC c`, or `ESC [ … letter`.
                if characters.next_if_eq(&'[').is_some() {
                    while characters.next_if(|it| !it.is_ascii_alphabetic()).is_some() {}
                }
                characters.next();
            }
            '\r' | '\0' => {}
            it => plain.push(it),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_is_read_without_what_moves_the_cursor() {
        let text = "\u{1b}c\u{1b}[?7l\u{1b}[2J\u{1b}[0mSeaBIOS\r\n\u{1b}[1;31mpanic\u{1b}[0m\r\n";
        assert_eq!(without_escapes(text), "SeaBIOS\npanic\n");
    }
}
