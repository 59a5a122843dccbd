//! The parts of a C program that do not depend on the case: only those that are called are put in.

macro_rules! parts {
    ($($part:ident $name:literal,)*) => {
        /// A part: a function, with what stands before it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Part { $($part,)* }

        impl Part {
            /// The function that it defines, and its text.
            const fn source(self) -> (&'static str, &'static str) {
                match self { $(Self::$part => ($name, include_str!(concat!("parts/", $name, ".c"))),)* }
            }
        }
    };
}

parts! {
    Check "check", OwnFolder "own_folder", Moment "moment", Calling "calling", Noted "noted", MakeFile "make_file", Put "put", Allocate "allocate", DropPages "drop_pages", DropUnused "drop_unused",
    CachePage "cache_page", Reserve "reserve", Anonymous "anonymous", MakeSwap "make_swap", MapFile "map_file",
    MakeResident "make_resident", TakeAway "take_away", Discard "discard", MoveAway "move_away", Returned "returned",
    FileSize "file_size", Store "store",
    What "what", ShowRuns "show_runs", ReadFile "read_file", Load "load", LookAt "look_at", LookAgain "look_again",
    LookPastEnd "look_past_end", Seek "seek", ReadAndSeek "read_and_seek", LoadAndSeek "load_and_seek", SeekAtRest "seek_at_rest",
    Judgement "judgement",
    Tasks "tasks", Step "step", Finished "finished", Faults "faults", Serve "serve", WatchFaults "watch_faults",
    OpenFaults "open_faults", Watch "watch", PauseForEvents "pause_for_events", Turn "turn", GiveUp "give_up",
    FinishAll "finish_all", Race "race", Start "start",
}

/// What is called while things are set up and operations are done. As in the other lists, a part calls only those
/// before it.
pub(super) const COMMON: &[Part] = &[
    Part::Check,
    Part::OwnFolder,
    Part::Moment,
    Part::Calling,
    Part::Noted,
    Part::MakeFile,
    Part::Put,
    Part::Allocate,
    Part::DropPages,
    Part::DropUnused,
    Part::CachePage,
    Part::Reserve,
    Part::Anonymous,
    Part::MakeSwap,
    Part::MapFile,
    Part::MakeResident,
    Part::TakeAway,
    Part::Discard,
    Part::MoveAway,
    Part::Returned,
    Part::FileSize,
    Part::Store,
];

/// What shows content: it needs to know which byte means what.
pub(super) const LOOKING: &[Part] = &[
    Part::What,
    Part::ShowRuns,
    Part::ReadFile,
    Part::Load,
    Part::LookAt,
    Part::LookAgain,
    Part::LookPastEnd,
    Part::Seek,
    Part::ReadAndSeek,
    Part::LoadAndSeek,
    Part::SeekAtRest,
    Part::Judgement,
];

/// What lets tasks take turns: it needs to know the tasks.
pub(super) const CONDUCTOR: &[Part] = &[
    Part::Step,
    Part::Finished,
    Part::Serve,
    Part::WatchFaults,
    Part::OpenFaults,
    Part::Watch,
    Part::PauseForEvents,
    Part::Turn,
    Part::GiveUp,
    Part::FinishAll,
    Part::Race,
    Part::Start,
];

/// A line that is there only if tasks stop at pages, or only if they do not.
const STOPS: &str = " // stops";
const NEVER_STOPS: &str = " // never stops";

/// The text of a part.
pub(super) fn text(part: Part, stops: bool) -> String {
    let (leave_out, mark) = if stops { (NEVER_STOPS, STOPS) } else { (STOPS, NEVER_STOPS) };
    let lines = part.source().1.lines().filter(|line| !line.ends_with(leave_out));
    let lines = lines.map(|line| format!("{}\n", line.strip_suffix(mark).unwrap_or(line)));
    lines.chain(["\n".to_owned()]).collect()
}

/// Those of the parts that a text calls, or another part that it calls.
pub(super) fn needed(parts: &[Part], by: &str, stops: bool) -> String {
    let mut all = by.to_owned();
    let mut chosen = Vec::new();
    for part in parts.iter().rev() {
        let name = part.source().0;
        // The one that watches faults is not called but started.
        if mentions(&all, name) {
            let text = text(*part, stops);
            all.push_str(&text);
            chosen.push(text);
        }
    }
    chosen.into_iter().rev().collect()
}

/// Whether a word stands in a text as a whole.
fn mentions(text: &str, word: &str) -> bool {
    let is_of_a_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        !before.is_some_and(is_of_a_word) && (after == Some('(') || word == "watch_faults")
    })
}

/// Each header, and what of it a program may use; without anything it is always there.
const HEADERS: [(&str, &[&str]); 14] = [
    ("errno.h", &[]),
    ("fcntl.h", &[]),
    ("linux/userfaultfd.h", &["struct uffd"]),
    ("pthread.h", &["pthread_"]),
    ("stdio.h", &[]),
    ("stdlib.h", &[]),
    ("string.h", &[]),
    ("sys/ioctl.h", &["ioctl("]),
    ("sys/mman.h", &["mmap(", "madvise(", "mlock(", "memfd_create("]),
    ("sys/stat.h", &[]),
    ("sys/syscall.h", &["SYS_"]),
    ("sys/uio.h", &["writev("]),
    ("time.h", &["timespec"]),
    ("unistd.h", &[]),
];

/// The headers that a program needs.
pub(super) fn includes(body: &str) -> String {
    let needed = HEADERS.iter().filter(|(_, words)| words.is_empty() || words.iter().any(|it| body.contains(it)));
    let lines = needed.map(|(header, _)| format!("#include <{header}>\n"));
    ["#define _GNU_SOURCE\n".to_owned()].into_iter().chain(lines).chain(["\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_brings_the_parts_that_it_calls() {
        let text = needed(COMMON, "discard(", false);
        for function in [" check(", " put(", " take_away(", " discard("] {
            assert!(text.contains(function), "{function}");
        }
        assert!(!text.contains("make_file("));
        assert_eq!(needed(COMMON, "pre_discard(, discarded(", false), "");
    }

    #[test]
    fn lines_about_stops_come_and_go() {
        assert!(text(Part::Turn, true).contains("serve(") && !text(Part::Turn, true).contains("//"));
        assert!(!text(Part::Turn, false).contains("serve(") && !text(Part::Turn, false).contains("//"));
    }
}
