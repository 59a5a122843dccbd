//! Fills free memory with markers, so that memory which a kernel hands out uninitialised is recognised.
//!
//! A separate process sprays memory and ends. Its pages are then free, and on no list from which the case's process
//! would get zeroed pages first. Pages that a case itself frees are reused even earlier; a run can spray those too
//! ([`Manner::sprayed`](crate::Manner::sprayed)). A kernel that zeroes memory when it is allocated hides all of it:
//! [`init_on_alloc`] says whether this one does.

use crate::marker::Marker;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Bytes of a page that holds one number.
const PAGE: usize = 4096;
/// Bytes to spray by default: less showed nothing on machines with gigabytes of free memory.
const ENOUGH: u64 = 2 << 30;

/// Fills memory with [`Marker::Memory`], each page with its number, and frees it. This is what the program of
/// [`spray_by`] calls.
pub fn spray(bytes: usize) {
    // Such a large vector has a mapping of its own, which returns to the kernel when it is dropped; the end of the
    // process would return it too.
    let mut memory: Vec<u8> = vec![0; bytes];
    for (chunk, page) in memory.chunks_mut(PAGE).zip(0..) {
        Marker::Memory { page }.fill(chunk);
    }
    std::hint::black_box(&memory);
}

/// Starts a program that calls [`spray`], and waits for its end.
///
/// # Errors
/// If it cannot be started or does not succeed.
pub fn spray_by(program: &mut Command) -> io::Result<()> {
    let status = program.stdin(Stdio::null()).status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{program:?} did not spray memory: {status}; it may want less of it")))
}

/// How much to spray here: a quarter of the available memory, but no more than is needed to see an effect.
#[must_use]
pub fn bytes_to_spray() -> usize {
    let known = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    usize::try_from(known.map_or(ENOUGH / 8, |bytes| (bytes / 4).min(ENOUGH))).unwrap_or(usize::MAX / 2)
}

/// Bytes that are available, from `/proc/meminfo`.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes << 10)
}

/// Whether a kernel zeroes memory, when it is allocated or when it is freed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zeroes {
    /// It does: uninitialised memory reads as zeroes, and a leak of it looks like a clear. Why we think so.
    Yes(String),
    /// It does not: what was sprayed can be seen. Why we think so.
    No(String),
    /// Unknown. What was asked.
    Unknown(String),
}

impl Zeroes {
    /// What to tell a user before a run; `None` if there is nothing to warn of.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let to_do = "boot with `init_on_alloc=0 init_on_free=0` to tell uninitialised memory from zeroes";
        match self {
            Self::Yes(why) => Some(format!("this kernel zeroes memory ({why}): {to_do}")),
            Self::Unknown(why) => Some(format!("this kernel may zero memory ({why}): {to_do}")),
            Self::No(_) => None,
        }
    }
}

/// Whether this kernel zeroes memory, from the best available source: its message at boot, or else its command line and
/// its configuration together.
///
/// An experiment is not possible: memory that a user may look at is always zeroed, unless there is a leak.
#[must_use]
pub fn init_on_alloc() -> Zeroes {
    if let Some(said) = boot_message() {
        return from_boot_message(&said);
    }
    let command_line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    from_settings(&command_line, configuration().as_deref())
}

/// The kernel's own line about it, if its log still has it.
fn boot_message() -> Option<String> {
    let mut log = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/kmsg").ok()?;
    let mut record = vec![0; 8192];
    loop {
        match log.read(&mut record) {
            Ok(0) => return None,
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&record[..bytes]);
                if let Some((_, said)) = text.split_once(";mem auto-init:") {
                    return Some(said.lines().next().unwrap_or_default().trim().to_owned());
                }
            }
            // Records were overwritten while we read; the next read continues after them.
            Err(error) if error.raw_os_error() == Some(libc::EPIPE) || error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// From a line such as `stack:off, heap alloc:on, heap free:off`.
fn from_boot_message(said: &str) -> Zeroes {
    let why = format!("the kernel said at boot: {said}");
    if said.contains("alloc:on") || said.contains("free:on") { Zeroes::Yes(why) } else { Zeroes::No(why) }
}

/// The configuration that the kernel was built with.
fn configuration() -> Option<String> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let beside_the_kernel = fs::read_to_string(Path::new("/boot").join(format!("config-{release}")));
    beside_the_kernel.ok().or_else(|| {
        let compressed = File::open("/proc/config.gz").ok()?;
        let output = Command::new("gzip").arg("-dc").stdin(compressed).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    })
}

/// From the command line, which overrules the configuration; poisoning overrules both, because the kernel then does not
/// zero as well.
fn from_settings(command_line: &str, configuration: Option<&str>) -> Zeroes {
    let is_set =
        |name: &str| configuration.is_some_and(|text| text.lines().any(|line| line == format!("CONFIG_{name}=y")));
    let asked =
        |name: &str| command_line.split_whitespace().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let on = |value: &str| matches!(value, "1" | "y" | "Y" | "on");
    if asked("page_poison").is_some_and(on) && is_set("PAGE_POISONING") {
        return Zeroes::No("page_poison on the command line".to_owned());
    }
    let mut unknown = Vec::new();
    for (name, default) in [("init_on_alloc", "INIT_ON_ALLOC_DEFAULT_ON"), ("init_on_free", "INIT_ON_FREE_DEFAULT_ON")]
    {
        match asked(name) {
            Some(value) if on(value) => return Zeroes::Yes(format!("{name}={value} on the command line")),
            Some(_) => {}
            None if is_set(default) => return Zeroes::Yes(format!("built with CONFIG_{default}")),
            None if configuration.is_none() => unknown.push(name),
            None => {}
        }
    }
    if unknown.is_empty() {
        return Zeroes::No("neither the command line nor the configuration asks for it".to_owned());
    }
    let names = unknown.join(" and ");
    Zeroes::Unknown(format!(
        "no {names} on the command line, and neither the kernel's log nor its configuration can be read"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_overrules_the_configuration_and_poisoning_both() {
        let on = Some("CONFIG_INIT_ON_ALLOC_DEFAULT_ON=y\nCONFIG_PAGE_POISONING=y\n");
        let off = Some("# CONFIG_INIT_ON_ALLOC_DEFAULT_ON is not set\n");
        assert!(matches!(from_settings("quiet", on), Zeroes::Yes(_)));
        assert!(matches!(from_settings("quiet", off), Zeroes::No(_)));
        assert!(matches!(from_settings("init_on_alloc=0", on), Zeroes::No(_)));
        assert!(matches!(from_settings("init_on_alloc=1", off), Zeroes::Yes(_)));
        assert!(matches!(from_settings("init_on_alloc=1 init_on_alloc=0", off), Zeroes::No(_)));
        assert!(matches!(from_settings("init_on_free=1 init_on_alloc=0", off), Zeroes::Yes(_)));
        assert!(matches!(from_settings("page_poison=1", on), Zeroes::No(_)));
        assert!(matches!(from_settings("page_poison=1 init_on_alloc=1", off), Zeroes::Yes(_)));
        assert!(matches!(from_settings("init_on_alloc=0", None), Zeroes::Unknown(_)));
        assert!(matches!(from_settings("init_on_alloc=0 init_on_free=0", None), Zeroes::No(_)));
    }

    #[test]
    fn what_the_kernel_said_is_understood() {
        assert!(matches!(from_boot_message("stack:all(zero), heap alloc:off, heap free:off"), Zeroes::No(_)));
        assert!(matches!(from_boot_message("stack:off, heap alloc:on, heap free:off"), Zeroes::Yes(_)));
        println!("here: {:?}; by the settings alone: {:?}", init_on_alloc(), {
            let command_line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
            from_settings(&command_line, configuration().as_deref())
        });
    }

    #[test]
    fn memory_is_sprayed_and_gone() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2 << 20));
        assert!(bytes_to_spray() > 0);
        spray(8 << 20);
        assert!(spray_by(&mut Command::new("true")).is_ok());
        assert!(spray_by(&mut Command::new("false")).is_err());
    }
}
