//! Process 1 of a guest: mounts what programs expect, loads the modules, runs the job's commands, tells what they
//! print, and ends the machine.

use crate::job::{self, Job};
use crate::results::{End, Kind, Status, write};
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, finit_module, reboot, uname};
use rustix::termios::{OptionalActions, tcdrain, tcgetattr, tcsetattr};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// What is mounted, and where.
const MOUNTS: [(&str, &str); 5] =
    [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("tmpfs", "/run")];
/// The second serial port.
const PORT: &str = "/dev/ttyS1";
/// How often it is looked whether a command has printed something.
const LOOK: Duration = Duration::from_millis(50);
/// What programs find in their environment.
const ENVIRONMENT: [(&str, &str); 4] =
    [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/tmp"), ("TMPDIR", "/tmp"), ("NO_COLOR", "1")];

/// Whether this process is the first of its machine; nobody else shall reboot it.
#[must_use]
pub fn is_process_one() -> bool {
    std::process::id() == 1
}

/// Does the job, and ends the machine. It returns only if the machine cannot be ended.
///
/// # Errors
/// If that is so.
pub fn main() -> io::Result<()> {
    if let Err(error) = work() {
        // The console is where the host looks if nothing else was told.
        eprintln!("shortcopy: {error}");
    }
    // The host takes a restart for the end.
    reboot(RebootCommand::Restart)?;
    Ok(())
}

fn work() -> io::Result<()> {
    let mounts = MOUNTS.map(|(kind, at)| mount(kind, at, kind, MountFlags::empty(), None).map_err(|it| (at, it)));
    // devtmpfs has no folder for POSIX shared memory; without, temporary files are where images go.
    let mut port = open_port()?;
    write(&mut port, Kind::Hello, 0, uname().release().to_bytes())?;
    for (at, error) in mounts.into_iter().filter_map(Result::err) {
        note(&mut port, &format!("cannot mount {at}: {error}"))?;
    }
    let job: Job = serde_json::from_slice(&fs::read(job::PATH)?)?;
    for path in &job.modules {
        // One that is built in too, or that another one has loaded, is there.
        if let Err(error) = load(path).or_else(|it| if it == rustix::io::Errno::EXIST { Ok(()) } else { Err(it) }) {
            note(&mut port, &format!("cannot load {path}: {error}"))?;
        }
    }
    for (number, words) in job.commands.iter().enumerate() {
        if let Err(error) = run(&mut port, number, words) {
            note(&mut port, &format!("cannot run {}: {error}", words.join(" ")))?;
            let end = End { status: Status::Exit(127), out: 0, err: 0 };
            write(&mut port, Kind::End, number, end.print().as_bytes())?;
        }
    }
    write(&mut port, Kind::Done, 0, b"")?;
    tcdrain(&port)?;
    Ok(())
}

/// The port, which passes every byte as it is.
fn open_port() -> io::Result<File> {
    let port = OpenOptions::new().read(true).write(true).open(PORT)?;
    let mut settings = tcgetattr(&port)?;
    settings.make_raw();
    tcsetattr(&port, OptionalActions::Now, &settings)?;
    Ok(port)
}

fn note(port: &mut File, text: &str) -> io::Result<()> {
    write(port, Kind::Note, 0, text.as_bytes())
}

fn load(path: &str) -> rustix::io::Result<()> {
    let file =
        rustix::fs::open(path, rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty())?;
    finit_module(&file, c"", 0)
}

/// Runs a command, and tells what it prints while it prints it: if the kernel hangs, what came before is known. It
/// prints into files, so that it never waits for the port.
fn run(port: &mut File, number: usize, words: &[String]) -> io::Result<()> {
    let [program, arguments @ ..] = words else { return Err(io::Error::other("no program")) };
    let mut out = Stream::new(Kind::Out, "/tmp/out")?;
    let mut err = Stream::new(Kind::Err, "/tmp/err")?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir("/tmp")
        .env_clear()
        .envs(ENVIRONMENT)
        .stdin(Stdio::null())
        .stdout(out.writer.try_clone()?)
        .stderr(err.writer.try_clone()?)
        .spawn()?;
    let status = loop {
        let ended = child.try_wait()?;
        out.tell(port, number)?;
        err.tell(port, number)?;
        match ended {
            Some(status) => break status,
            None => thread::sleep(LOOK),
        }
    };
    let end = End { status: status_of(status), out: out.told, err: err.told };
    write(port, Kind::End, number, end.print().as_bytes())
}

fn status_of(status: ExitStatus) -> Status {
    status.signal().map_or_else(|| Status::Exit(status.code().unwrap_or(127)), Status::Signal)
}

/// What a command prints: a file, and how much of it was told.
struct Stream {
    kind: Kind,
    writer: File,
    reader: File,
    told: usize,
}

impl Stream {
    fn new(kind: Kind, path: &str) -> io::Result<Self> {
        // Of an earlier command something may still run and print.
        let _ = fs::remove_file(path);
        let writer = OpenOptions::new().create_new(true).append(true).open(path)?;
        Ok(Self { kind, writer, reader: File::open(path)?, told: 0 })
    }

    fn tell(&mut self, port: &mut impl Write, number: usize) -> io::Result<()> {
        let mut piece = Vec::new();
        self.reader.read_to_end(&mut piece)?;
        self.told += piece.len();
        if piece.is_empty() { Ok(()) } else { write(port, self.kind, number, &piece) }
    }
}
