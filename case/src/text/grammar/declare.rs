//! Names: what declares them, what looks them up, and what stands in for one that nobody declared.

use super::Parser;
use crate::model::{Case, Extent, ExtentKind, File, MemoryKind, MemoryRegion, Name, Range, Task};
use crate::text::lex::Kind;
use crate::text::policy::{Parsed, Policy, Problem, Skip};
use crate::text::words::nearest;

/// Which memories can stand at a place.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// Those that a task with this mm (or none) can copy from and to.
    Of(Option<u8>),
    /// Those of this mm, and never the kernel's own, which nothing can unmap.
    UserOf(Option<u8>),
    /// Any but the kernel's own.
    User,
}

impl Wanted {
    fn fits(self, memory: &MemoryRegion) -> bool {
        match self {
            Self::Of(mm) => memory.mm == mm,
            Self::UserOf(mm) => mm.is_some() && memory.mm == mm,
            Self::User => memory.mm.is_some(),
        }
    }

    /// The mm in which a memory that fits can be added.
    fn mm(self) -> Result<Option<u8>, Skip> {
        match self {
            Self::Of(mm) => Ok(mm),
            Self::UserOf(mm) => mm.map(Some).ok_or(Skip),
            Self::User => Ok(Some(0)),
        }
    }
}

impl<P: Policy> Parser<'_, P> {
    /// A new name; `taken` says which are not free.
    pub(super) fn new_name(&mut self, what: &str, taken: impl Fn(&Case, &Name) -> bool) -> Parsed<Name> {
        let token = self.token;
        if token.kind != Kind::Word {
            self.unexpected(&format_args!("the {what}'s name"))?;
            return Ok(self.free_name(taken));
        }
        let written = self.advance();
        let Some(name) = Name::from_bytes(written) else {
            self.mistake(token.span, |_| {
                Problem::new(
                    format!("`{}` cannot be a name", String::from_utf8_lossy(written)),
                    "expected 1 to 11 of a-z, 0-9 and _, a letter first",
                )
            })?;
            return Ok(self.free_name(taken));
        };
        if taken(&self.case, &name) {
            self.mistake(token.span, |_| {
                Problem::new(format!("the name `{name}` is taken"), format!("not free for a {what}"))
            })?;
            return Ok(self.free_name(taken));
        }
        Ok(name)
    }

    fn free_name(&self, taken: impl Fn(&Case, &Name) -> bool) -> Name {
        // There are more letters than files, memories or tasks in a case.
        let mut names = (b'a'..=b'z').filter_map(|letter| Name::from_bytes(&[letter]));
        names.find(|name| !taken(&self.case, name)).expect("one of 26 names is free")
    }

    /// The number of things that there can be is not to be passed.
    pub(super) fn room_for_one(&mut self, what: &str, count: usize, most: usize) -> Parsed<()> {
        if count < most {
            return Ok(());
        }
        Err(self.refuse(self.token.span, |_| {
            Problem::new(format!("more than {most} {what}"), format!("a case has at most {most} {what}"))
        }))
    }

    /// A file that has been declared.
    pub(super) fn file(&mut self) -> Parsed<usize> {
        let token = self.token;
        let written = self.written();
        let found = self.case.files.iter().position(|file| file.name.as_bytes() == written);
        if let Some(file) = found {
            self.advance();
            return Ok(file);
        }
        self.mistake(token.span, |case| undeclared("file", written, case.files.iter().map(|file| file.name.as_str())))?;
        if token.kind == Kind::Word {
            self.advance();
        }
        if self.case.files.is_empty() {
            self.add_file();
        }
        Ok(stand_in(written, self.case.files.len()))
    }

    /// A memory that has been declared and can stand here.
    pub(super) fn memory(&mut self, wanted: Wanted) -> Parsed<usize> {
        let token = self.token;
        let written = self.written();
        let found = self.case.memories.iter().position(|memory| memory.name.as_bytes() == written);
        if let Some(memory) = found
            && wanted.fits(&self.case.memories[memory])
        {
            self.advance();
            return Ok(memory);
        }
        self.mistake(token.span, |case| match found {
            Some(memory) => out_of_reach(&case.memories[memory], wanted),
            None => undeclared("memory", written, case.memories.iter().map(|memory| memory.name.as_str())),
        })?;
        if token.kind == Kind::Word {
            self.advance();
        }
        let fitting = self.case.memories.iter().filter(|memory| wanted.fits(memory)).count();
        if fitting == 0 {
            return self.add_memory(wanted.mm()?);
        }
        let mut fitting_ones = (0..self.case.memories.len()).filter(|index| wanted.fits(&self.case.memories[*index]));
        fitting_ones.nth(stand_in(written, fitting)).ok_or(Skip)
    }

    /// A task that has been declared.
    pub(super) fn task(&mut self) -> Parsed<usize> {
        let token = self.token;
        let written = self.written();
        let found = self.case.tasks.iter().position(|task| task.name.as_bytes() == written);
        if let Some(task) = found {
            self.advance();
            return Ok(task);
        }
        self.mistake(token.span, |case| {
            let names = case.tasks.iter().map(|task| task.name.as_str());
            undeclared("task", written, names.chain(["disk"]))
        })?;
        self.advance();
        if self.case.tasks.is_empty() { Err(Skip) } else { Ok(stand_in(written, self.case.tasks.len())) }
    }

    /// One page, on the disk, not cached.
    pub(super) fn add_file(&mut self) {
        let name = self.free_name(|case, name| case.files.iter().any(|file| file.name == *name));
        let page = self.case.geometry.page;
        let extents = vec![Extent { range: Range { start: 0, end: page }, kind: ExtentKind::Disk }];
        self.case.files.push(File { name, size: page, extents, cached: Vec::new() });
    }

    /// Two pages, resident.
    fn add_memory(&mut self, mm: Option<u8>) -> Parsed<usize> {
        let index = self.case.memories.len();
        if index >= Case::MAX_MEMORIES {
            return Err(Skip);
        }
        let name = self.free_name(|case, name| case.memories.iter().any(|memory| memory.name == *name));
        let kind = MemoryKind::Anonymous;
        self.case.memories.push(MemoryRegion { name, mm, pages: 2, kind, resident: 0b11, unreadable: 0 });
        Ok(index)
    }

    pub(super) fn add_task(&mut self) {
        let name = self.free_name(|case, name| case.tasks.iter().any(|task| task.name == *name));
        self.case.tasks.push(Task { name, mm: Some(0), operations: Vec::new() });
    }
}

/// Which of `count` things stands in for one that nobody declared: by its first letter, so that the same name stays the
/// same thing.
fn stand_in(written: &[u8], count: usize) -> usize {
    usize::from(written.first().map_or(0, |first| first.wrapping_sub(b'a'))) % count
}

fn undeclared<'c>(what: &str, written: &[u8], declared: impl Iterator<Item = &'c str> + Clone) -> Problem {
    if written.is_empty() {
        return Problem::new("the line ends too early", format!("expected a {what}"));
    }
    let written = String::from_utf8_lossy(written);
    let help = match nearest(&written, declared.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => match declared.collect::<Vec<_>>().as_slice() {
            [] => format!("declare it above with a line `{what} {written} …`"),
            names => format!("declared so far: {}", names.join(", ")),
        },
    };
    Problem::new(format!("there is no {what} `{written}`"), "not declared above").help(help)
}

fn out_of_reach(memory: &MemoryRegion, wanted: Wanted) -> Problem {
    let name = memory.name;
    let place = memory.mm.map_or_else(|| "the kernel's own memory".to_owned(), |mm| format!("in address space {mm}"));
    let task = match wanted {
        Wanted::Of(Some(mm)) | Wanted::UserOf(Some(mm)) => format!("this task lives in address space {mm}"),
        Wanted::Of(None) => "this task has no address space: it can use the kernel's own memory only".to_owned(),
        Wanted::UserOf(None) => "this task has no address space".to_owned(),
        Wanted::User => "only user memory can be reclaimed".to_owned(),
    };
    Problem::new(format!("`{name}` is out of this operation's reach"), format!("{name} is {place}"))
        .help(format!("{task}; `task NAME mm N` and `memory NAME mm N` say who lives where"))
}
