//! The kinds of filesystem that can be mounted, each with a row of a table.

use oracle::Profile;

/// A kind of filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// ext4.
    Ext4,
    /// ext2, which has no journal.
    Ext2,
    /// XFS.
    Xfs,
    /// Btrfs.
    Btrfs,
    /// tmpfs.
    Tmpfs,
    /// ramfs.
    Ramfs,
    /// overlay, all its layers on a tmpfs of its own.
    Overlay,
    /// A filesystem served by a process, which mounts it itself.
    Fuse,
}

/// How a filesystem of a kind is made.
#[derive(Clone, Copy, Debug)]
pub enum Making {
    /// A program makes it on a disk.
    Disk(Disk),
    /// Mounting makes it, in memory.
    Memory,
    /// It joins folders of a tmpfs of its own.
    Layers,
    /// Its server mounts it.
    ByCaller,
}

/// What a filesystem on a disk needs.
#[derive(Clone, Copy, Debug)]
pub struct Disk {
    /// The program that makes it.
    pub tool: &'static str,
    /// The Debian package of that program.
    pub package: &'static str,
    /// Options that make it ask nothing and discard nothing, so that the old content of the disk stays.
    pub mkfs_options: &'static [&'static str],
    /// Block sizes that can be asked for, on a machine with pages of 4,096 bytes.
    pub block_sizes: &'static [u32],
    /// The options that ask for one: `N` stands for the number.
    pub block_size_options: [&'static str; 2],
    /// Bytes of an image, if the request does not say.
    pub size: u64,
    /// Mount options for a clone whose original may be mounted too.
    pub clone_options: &'static str,
    /// Whether it knows the shutdown ioctl.
    pub shutdown: bool,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The kind.
    pub kind: Kind,
    /// Its word on a command line.
    pub word: &'static str,
    /// Its name in `/proc/filesystems`.
    pub filesystem: &'static str,
    /// How it is made.
    pub making: Making,
    /// Options that it is always mounted with.
    pub mount_options: &'static str,
    /// The profile by which the oracle judges it.
    pub profile: Profile,
    /// What to know before reading findings on it.
    pub known: &'static str,
}

const MIB: u64 = 1 << 20;

const EXT_OPTIONS: &[&str] = &["-q", "-F", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"];

const TABLE: [About; 8] = [
    About {
        kind: Kind::Ext4,
        word: "ext4",
        filesystem: "ext4",
        making: Making::Disk(Disk {
            tool: "mkfs.ext4",
            package: "e2fsprogs",
            mkfs_options: EXT_OPTIONS,
            block_sizes: &[1024, 2048, 4096],
            block_size_options: ["-b", "N"],
            size: 64 * MIB,
            clone_options: "",
            shutdown: true,
        }),
        mount_options: "nodiscard",
        profile: Profile::Linux,
        known: "data=writeback shows stale blocks after a crash, as documented; data=ordered must not",
    },
    About {
        kind: Kind::Ext2,
        word: "ext2",
        filesystem: "ext2",
        making: Making::Disk(Disk {
            tool: "mkfs.ext2",
            package: "e2fsprogs",
            mkfs_options: EXT_OPTIONS,
            block_sizes: &[1024, 2048, 4096],
            block_size_options: ["-b", "N"],
            size: 64 * MIB,
            clone_options: "",
            shutdown: true,
        }),
        // ext2's own driver does not know `nodiscard`, and never discards.
        mount_options: "",
        profile: Profile::Linux,
        known: "no journal: stale blocks after a crash are to be expected; served by the ext4 driver on most kernels",
    },
    About {
        kind: Kind::Xfs,
        word: "xfs",
        filesystem: "xfs",
        making: Making::Disk(Disk {
            tool: "mkfs.xfs",
            package: "xfsprogs",
            mkfs_options: &["-q", "-f", "-K"],
            block_sizes: &[1024, 2048, 4096],
            block_size_options: ["-b", "size=N"],
            // Recent versions of the tool refuse less than 300 MiB.
            size: 304 * MIB,
            clone_options: "nouuid",
            shutdown: true,
        }),
        mount_options: "nodiscard",
        profile: Profile::Xfs,
        known: "a read waits for a whole write; what is written shows only when all source pages were there",
    },
    About {
        kind: Kind::Btrfs,
        word: "btrfs",
        filesystem: "btrfs",
        making: Making::Disk(Disk {
            tool: "mkfs.btrfs",
            package: "btrfs-progs",
            mkfs_options: &["-q", "-f", "-K"],
            block_sizes: &[4096],
            block_size_options: ["-s", "N"],
            size: 128 * MIB,
            clone_options: "",
            shutdown: false,
        }),
        mount_options: "nodiscard",
        profile: Profile::Linux,
        known: "a short write is cut to the block; checksums turn stale blocks into EIO: mount with nodatacow too",
    },
    About {
        kind: Kind::Tmpfs,
        word: "tmpfs",
        filesystem: "tmpfs",
        making: Making::Memory,
        mount_options: "",
        profile: Profile::Linux,
        known: "RWF_NOWAIT is not supported",
    },
    About {
        kind: Kind::Ramfs,
        word: "ramfs",
        filesystem: "ramfs",
        making: Making::Memory,
        mount_options: "",
        profile: Profile::Linux,
        known: "RWF_NOWAIT is not supported; no limit on its size",
    },
    About {
        kind: Kind::Overlay,
        word: "overlay",
        filesystem: "overlay",
        making: Making::Layers,
        mount_options: "",
        profile: Profile::Linux,
        known: "RWF_NOWAIT is not supported; writes go to the tmpfs below",
    },
    About {
        kind: Kind::Fuse,
        word: "fuse",
        filesystem: "fuse",
        making: Making::ByCaller,
        mount_options: "",
        profile: Profile::Linux,
        known: "RWF_NOWAIT is not supported; with a writeback cache a short write is cut to the block",
    },
];

impl Kind {
    /// All kinds, in the table's order.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::Ext4; TABLE.len()];
        let mut at = 0;
        while at < TABLE.len() {
            all[at] = TABLE[at].kind;
            at += 1;
        }
        all
    };

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        TABLE.iter().find(|about| about.word == word).map(|about| about.kind)
    }

    /// Its word on a command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.about().word
    }

    /// The profile by which the oracle judges it.
    #[must_use]
    pub const fn profile(self) -> Profile {
        self.about().profile
    }

    /// Its row of the table.
    #[must_use]
    pub const fn about(self) -> &'static About {
        // The rows are in the order of the kinds, as a test checks.
        &TABLE[self as usize]
    }

    /// What it needs on a disk; `None` if it has none.
    #[must_use]
    pub const fn disk(self) -> Option<&'static Disk> {
        match &self.about().making {
            Making::Disk(disk) => Some(disk),
            Making::Memory | Making::Layers | Making::ByCaller => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_row() {
        for kind in Kind::ALL {
            assert_eq!(kind.about().kind, kind);
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::from_word("ntfs"), None);
    }
}
