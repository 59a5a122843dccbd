//! What the kernel says is mounted: the lines of `/proc/thread-self/mountinfo`.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The line of the mount at a path, of the uppermost if there are several.
///
/// It reads the calling thread's own list, because a thread can be in another namespace than the rest of its process.
pub fn line_of(path: &Path) -> io::Result<String> {
    let all = fs::read_to_string("/proc/thread-self/mountinfo")?;
    let wanted = escaped(path);
    let line = all.lines().rfind(|line| line.split(' ').nth(4) == Some(wanted.as_str()));
    line.map(str::to_owned).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "nothing is mounted there"))
}

/// The line of the mount that a path lies on; empty if the kernel does not say.
#[must_use]
pub fn mount_of(path: &Path) -> String {
    path.ancestors().find_map(|it| line_of(it).ok()).unwrap_or_default()
}

/// The kind of filesystem that a line is about.
#[must_use]
pub fn filesystem_of(line: &str) -> Option<&str> {
    line.split_once(" - ")?.1.split(' ').next()
}

/// What a line says was mounted: a device, or a name.
pub fn source(line: &str) -> Option<&str> {
    line.split_once(" - ")?.1.split(' ').nth(1)
}

/// A path as the kernel writes it there: blanks, line ends and backslashes in octal.
fn escaped(path: &Path) -> String {
    let mut text = Vec::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => text.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            _ => text.push(*byte),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_its_source() {
        let line = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
        assert_eq!(source(line), Some("/dev/root"));
        assert_eq!(filesystem_of(line), Some("ext3"));
        assert_eq!(escaped(Path::new("/a b\\c")), "/a\\040b\\134c");
        assert!(line_of(Path::new("/proc")).is_ok_and(|line| line.contains(" - proc ")));
    }
}
