//! The control of power lost before each write to a disk: a disk made up for the purpose, which keeps or loses what it
//! likes.

#[path = "common/needs.rs"]
mod needs;

use case::Case;
use host::search::{Search, Wrong};
use host::{FilesAfter, Manner, Medium, Time};
use oracle::Profile;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What is on the made-up disk before its only change.
#[derive(Clone, Copy, Debug)]
enum Content {
    /// What the case began with.
    Old,
    /// What the case has written.
    New,
}

/// When the change was.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Before anything was called.
    First,
    /// After everything had returned.
    Last,
}

/// A disk that had one content until one moment.
struct MadeUp {
    file: PathBuf,
    content: Content,
    moment: Moment,
    old: Vec<u8>,
    began: Time,
    lost: Time,
}

impl MadeUp {
    fn new(file: PathBuf, moment: Moment, content: Content) -> Self {
        Self { file, content, moment, old: Vec::new(), began: Time::default(), lost: Time::default() }
    }
}

impl Medium for MadeUp {
    fn begin(&mut self) -> io::Result<()> {
        self.old = fs::read(&self.file)?;
        self.began = Time::now();
        Ok(())
    }

    fn lose(&mut self, now: Time) -> io::Result<()> {
        self.lost = now;
        Ok(())
    }

    fn look(&mut self, _: &[&str]) -> io::Result<FilesAfter> {
        Ok(vec![Ok(fs::read(&self.file)?)])
    }

    fn is_logged(&self) -> bool {
        true
    }

    fn changes(&mut self) -> io::Result<Vec<Time>> {
        Ok(vec![match self.moment {
            Moment::First => self.began,
            Moment::Last => Time(self.lost.0 - 1),
        }])
    }

    fn look_before(&mut self, _: usize, names: &[&str]) -> io::Result<Option<FilesAfter>> {
        match self.content {
            Content::Old => Ok(Some(vec![Ok(self.old.clone())])),
            Content::New => self.look(names).map(Some),
        }
    }
}

/// A case that writes, synchronises or not, and loses power.
fn case(synced: bool) -> Case {
    let fsync = if synced { "task w fsync a\n" } else { "" };
    let text = format!(
        "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 64 disk 0..64 cached 0 uptodate\n\
         memory m pages 1 resident 0\ntask w write a 0 [m 0..64]\n{fsync}task w crash\n"
    );
    Case::parse("made up", &text).unwrap_or_else(|error| panic!("{error:?}"))
}

/// What is wrong with a made-up disk; `None` where no case can be run: the test is skipped.
fn wrongs(synced: bool, moment: Moment, content: Content) -> Option<Vec<Wrong>> {
    let folder = tempfile::tempdir().expect("a folder");
    let search = Search::new(folder.path(), 1, Profile::Linux, |_, _, _| String::new());
    let mut search = needs::userfaultfd(search)?;
    let file = folder.path().join("file-0");
    search.is_on(Box::new(MadeUp::new(file, moment, content)), false);
    let manner = Manner { prefixes: true, ..Manner::default() };
    let wrongs = search.wrongs(&case(synced), manner).expect("it runs");
    assert_eq!(search.totals.prefixes, 1);
    Some(wrongs)
}

#[test]
fn what_was_synchronised_has_to_be_there_and_what_has_not_begun_must_not() {
    for (synced, moment, content, wrong) in [
        (true, Moment::First, Content::Old, false),
        (true, Moment::First, Content::New, true),
        (true, Moment::Last, Content::Old, true),
        (true, Moment::Last, Content::New, false),
        (false, Moment::First, Content::New, true),
        (false, Moment::Last, Content::Old, false),
        (false, Moment::Last, Content::New, false),
    ] {
        let Some(wrongs) = wrongs(synced, moment, content) else { return };
        assert_eq!(!wrongs.is_empty(), wrong, "synchronised {synced}, {moment:?}, {content:?}: {wrongs:?}");
        assert!(wrongs.iter().all(|it| it.change == Some(0)), "{wrongs:?}");
    }
}
