//! The rule book in words: what each rule of the oracle demands, and who demands it. `docs/rules.md` says the same, and
//! more; a test compares.

use oracle::Rule;

/// A rule in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What it is about, in two or three words.
    pub title: &'static str,
    /// What it demands.
    pub what: &'static str,
    /// Who demands it.
    pub source: &'static str,
}

/// A rule in words.
#[must_use]
pub const fn demand(rule: Rule) -> Demand {
    match rule {
        Rule::R1 => Demand {
            title: "Regular reads",
            what: "Every cell that was seen is a version that was current at some moment of the look. \
                   Its operation was called before the look ended, and no other version came wholly \
                   between the two. All zeroes are one value, whoever made them.",
            source: "The regular register of Lamport, \"On interprocess communication\" (1986).",
        },
        Rule::R2 => Demand {
            title: "No inversion",
            what: "If one read has seen a newer version of a cell, no later read sees an older one. \
                   This holds for `read(2)`, for mappings and at rest. Two versions conflict when each \
                   has an operation that precedes one of the other's. Passing cells and zeroes do not \
                   take part, nor does a store against a write that it races with.",
            source: "The atomic register; decided by the zones of Gibbons and Korach, \"Testing shared \
                     memories\" (1997).",
        },
        Rule::R3 => Demand {
            title: "Whole reads",
            what: "A `read(2)` shows all of a write or none of it.",
            source: "POSIX, `read()` and `write()`, and the section on thread interactions with regular \
                     file operations.",
        },
        Rule::R4 => Demand {
            title: "Writes in some order",
            what: "If two writes overlap in time and place, the same one of the two has won everywhere. \
                   An append begins at an end that the file really had, and no two appends share a \
                   cell.",
            source: "Linux holds the inode's lock for all of a `write(2)`; POSIX on `O_APPEND`.",
        },
        Rule::S1 => Demand {
            title: "Sizes",
            what: "`stat`, the length of every read and the size at rest agree with a size that the \
                   file had at some moment of the look. While a write makes the file longer, all sizes \
                   on the way are legal. A write that failed or fell short does not make the file \
                   longer than it counted.",
            source: "POSIX, `read()` and `write()`.",
        },
        Rule::S2 => Demand {
            title: "Data before size",
            what: "A write never exposes zeroes in its own range. Zeroes come from a gap before the \
                   write, from a truncate upwards, a hole or a punch.",
            source: "`i_size` is raised after the data is in the page, in every write path since Linux \
                     2.2.",
        },
        Rule::S3 => Demand {
            title: "Short reads",
            what: "A read is short only at the end of the file, unless a signal or an error cut it off.",
            source: "POSIX, `read()`, on regular files.",
        },
        Rule::S4 => Demand {
            title: "Return values",
            what: "A write returns its full length unless its source is bad or a fault explains why \
                   not. It never returns more than could be copied from a source that was bad \
                   throughout, and never 0 if it was asked to write something. If it is short because \
                   of a bad cell, it has counted everything up to the start of the page of the \
                   destination in which that cell belongs; if that leaves nothing, it fails with \
                   `EFAULT`. A write whose segments are all empty returns 0. The error of any call \
                   needs its reason: `ENOSPC` needs an exhausted disk, `EINTR` a signal, `EIO` a failed \
                   transfer of cells that concern the call, while it was under way; nothing explains \
                   `EDEADLK`. If data of a file could not be written, and no other `fsync` has told of \
                   it, the next `fsync` of the file fails with `EIO`. A call that failed has changed \
                   nothing.",
            source: "POSIX, `writev()`, `fsync()` and the section on errors; the granularity is that of \
                     the buffered write loop in `mm/filemap.c`.",
        },
        Rule::S5 => Demand {
            title: "No overrun",
            what: "Once a write has returned, cells that it did not count hold what they held before.",
            source: "The meaning of a partial count in POSIX, `write()`.",
        },
        Rule::S6 => Demand {
            title: "Truncate",
            what: "Data that a truncate cut off is gone: if the file grows again, there are zeroes.",
            source: "POSIX, `ftruncate()`.",
        },
        Rule::S7 => Demand {
            title: "Mappings",
            what: "Loads obey R1 and R2. Between the end of the file and the end of its last page they \
                   see zeroes, or what was stored there. They raise `SIGBUS` on pages wholly past the \
                   end and on pages that the disk did not give, `SIGSEGV` where nothing is mapped, and \
                   neither anywhere else. Stores past the end are not part of the file.",
            source: "POSIX, `mmap()`.",
        },
        Rule::S8 => Demand {
            title: "Sources",
            what: "Each cell that a write leaves behind is what its source held at some moment of the \
                   write. The source may change meanwhile, may be given back and become zero, or may \
                   map the very place that is written; in that last case a cell may have been copied \
                   more than once.",
            source: "Nothing in POSIX says when a write reads its buffer, except that it does so during \
                     the call.",
        },
        Rule::S9 => Demand {
            title: "Durability",
            what: "After a crash, everything synced is there, or something newer. What was not synced \
                   may be any version since, or zero where the file had grown. It is never what a block \
                   held before, another file's data, or memory.",
            source: "POSIX, `fsync()`.",
        },
        Rule::S10 => Demand {
            title: "Blocks",
            what: "At rest each block of the disk belongs to one file or is free, and no file keeps \
                   blocks past its last page.",
            source: "The first thing that every fsck looks at.",
        },
        Rule::L1 => Demand {
            title: "Deadlock",
            what: "Tasks do not wait for one another in a circle, even if all other tasks go on.",
            source: "The lock order of the kernel: inode, then address space, then page.",
        },
        Rule::L2 => Demand {
            title: "Livelock",
            what: "An operation finishes once nothing disturbs it any more and it gets its turns.",
            source: "Lock-free progress, as the retry loops of the write paths promise it.",
        },
        Rule::K1 => Demand {
            title: "The kernel's own rules",
            what: "Whoever holds a lock releases it, every prepared write is committed or undone, and \
                   no index leaves its array.",
            source: "The assertions of the kernel itself.",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same without its line ends.
    fn flat(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_document_says_the_same() {
        let document = flat(include_str!("../docs/rules.md"));
        for rule in Rule::ALL {
            let Demand { title, what, source } = demand(*rule);
            let said = format!("## {rule} {title} **What.** {what} **Source.** {source} **Profile.**");
            assert!(document.contains(&said), "docs/rules.md: {said}");
        }
    }
}
