//! Mount options: some are flags of the system call, the others are the filesystem's own.

use rustix::mount::MountFlags;

const FLAGS: [(&str, MountFlags); 10] = [
    ("ro", MountFlags::RDONLY),
    ("sync", MountFlags::SYNCHRONOUS),
    ("dirsync", MountFlags::DIRSYNC),
    ("noatime", MountFlags::NOATIME),
    ("nodiratime", MountFlags::NODIRATIME),
    ("relatime", MountFlags::RELATIME),
    ("lazytime", MountFlags::LAZYTIME),
    ("nosuid", MountFlags::NOSUID),
    ("nodev", MountFlags::NODEV),
    ("noexec", MountFlags::NOEXEC),
];

/// Joins lists of options; empty ones leave no comma.
pub fn join(lists: &[&str]) -> String {
    let all: Vec<&str> = lists.iter().copied().filter(|list| !list.is_empty()).collect();
    all.join(",")
}

/// The flags among the options, and the rest.
pub fn split(options: &str) -> (MountFlags, String) {
    let mut flags = MountFlags::empty();
    let mut rest = Vec::new();
    for option in options.split(',').filter(|it| !it.is_empty() && *it != "rw") {
        match FLAGS.iter().find(|(word, _)| *word == option) {
            Some((_, flag)) => flags |= *flag,
            None => rest.push(option),
        }
    }
    (flags, rest.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_from_the_rest() {
        assert_eq!(
            split("rw,noatime,data=ordered,ro"),
            (MountFlags::NOATIME | MountFlags::RDONLY, "data=ordered".into())
        );
        assert_eq!(split(""), (MountFlags::empty(), String::new()));
        assert_eq!(join(&["", "a,b", "", "c"]), "a,b,c");
    }
}
