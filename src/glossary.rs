//! The words of the case format that are no table of the program, each in a sentence: operations and faults.

/// What an operation of a case does, by its word; nothing if there is no such operation.
#[must_use]
pub fn operation(word: &str) -> &'static str {
    match word {
        "write" => "pwrite at an offset, or pwritev of several segments, or of none",
        "append" => "write to a file that was opened with O_APPEND",
        "read" => "pread into memory that is always there",
        "stat" => "asks for the size of a file",
        "load" => "reads memory by the processor, so through a mapping of a file where it is one",
        "store" => "writes memory by the processor, so through a mapping of a file where it is one",
        "truncate" => "ftruncate to a size",
        "truncate-unlocked" => "truncates from inside the kernel, without i_mutex; cluster alone does",
        "punch" => "makes a hole, and leaves the size as it is",
        "munmap" => "unmaps pages of a memory",
        "mremap" => "moves a memory away; nothing is left at its address",
        "madvise-dontneed" => "gives pages of a memory back: anonymous ones read as zeroes from then on",
        "mlock" => "faults every page of a memory in, mmap_sem held for writing",
        "reclaim-pte" => "unmaps pages as reclaim does, anonymous ones to swap; of any task's memory",
        "reclaim" => "drops pages of a file from the cache, written out first if they are dirty",
        "invalidate" => "drops what is cached of a file, but for pages in use",
        "invalidate-all" => "drops all that is cached of a file, and unmaps it, whoever uses it",
        "writeback" => "starts writing a file's dirty pages to the disk",
        "fsync" => "writes a file to the disk and waits for that",
        "crash" => "power is lost, all is mounted again; nothing else runs any more",
        _ => "",
    }
}

/// What a fault of a case is, by its word; nothing if there is no such fault.
#[must_use]
pub fn fault(word: &str) -> &'static str {
    match word {
        "enomem" => "there is no page frame",
        "enospc" => "there is no disk block",
        "eio-read" => "the disk fails to read",
        "eio-write" => "the disk fails to write",
        "truncated-page" => "an operation of the filesystem returns AOP_TRUNCATED_PAGE",
        "partial-commit" => "a server accepts only a part of what a write sends",
        "failed-commit" => "a server refuses a write, a cluster cannot log the inode, or a journal was aborted",
        "signal" => "a fatal signal reaches the process: its tasks leave the call that they are in, and make no other",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use case::{Injection, TaskOperation};

    #[test]
    fn every_word_has_a_sentence() {
        for word in TaskOperation::WORDS {
            assert!(!operation(word).is_empty(), "{word}");
        }
        for word in Injection::WORDS {
            assert!(!fault(word).is_empty(), "{word}");
        }
    }
}
