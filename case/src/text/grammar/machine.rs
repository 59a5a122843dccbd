//! `geometry`, `machine`, `fs`, `mended` and `minimal`: the lines that stand once.

use super::Parser;
use super::tokens::unknown;
use crate::model::{Case, CopyForm, FaultForm, Filesystem, Form, Geometry};
use crate::spelling;
use crate::text::lex::{Kind, Span};
use crate::text::policy::{Parsed, Policy, Problem};

/// The lines that stand at most once, as bits of [`Parser::seen`].
enum Once {
    Geometry = 1,
    Machine = 2,
    Filesystem = 4,
    Minimal = 8,
    Mended = 16,
}

impl<P: Policy> Parser<'_, P> {
    fn once(&mut self, line: Once, first: Span) -> Parsed<()> {
        let bit = line as u8;
        if self.seen & bit != 0 {
            return Err(self.refuse(first, |_| {
                Problem::new("a second line of this kind", "this line stands at most once").help("keep one of the two")
            }));
        }
        self.seen |= bit;
        Ok(())
    }

    /// `geometry page N block N`
    pub(super) fn geometry(&mut self, first: Span) -> Parsed<()> {
        self.once(Once::Geometry, first)?;
        let case = &self.case;
        if !(case.files.is_empty() && case.memories.is_empty() && case.tasks.is_empty() && case.faults.is_empty()) {
            return Err(self.refuse(first, |_| {
                Problem::new("the geometry comes too late", "lines above are measured in it already")
                    .help("move this line to directly below the first one")
            }));
        }
        self.keyword("page")?;
        let page = self.power_of_two("the page's size", Geometry::MIN_PAGE..=Geometry::MAX_PAGE)?;
        self.keyword("block")?;
        let block = self.power_of_two("the block's size", page / Geometry::MAX_BLOCKS_PER_PAGE..=page)?;
        self.case.geometry = Geometry { page, block };
        self.end("the end of the line")
    }

    /// `machine [fault-locks-page] [copy-clears-tail] [kmap N] [frames N] [blocks N]`
    pub(super) fn machine(&mut self, first: Span) -> Parsed<()> {
        const WORDS: &[&str] = &["fault-locks-page", "copy-clears-tail", "kmap", "frames", "blocks"];
        self.once(Once::Machine, first)?;
        while !self.at_end() {
            let token = self.token;
            match self.advance() {
                b"fault-locks-page" => self.case.machine.fault = FaultForm::LocksAlways,
                b"copy-clears-tail" => self.case.machine.copy = CopyForm::ClearsTail,
                b"kmap" => self.case.machine.kmap_slots = Some(self.small("the number of kmap slots", 1)?),
                b"frames" => self.case.machine.free_frames = self.small("the number of free page frames", 0)?,
                b"blocks" => self.case.machine.free_blocks = self.small("the number of free blocks", 0)?,
                written => self.mistake(token.span, |_| unknown("property of the machine", written, WORDS))?,
            }
        }
        Ok(())
    }

    fn small(&mut self, what: &str, low: u8) -> Parsed<u8> {
        let number = self.number(what, u32::from(low)..=u32::from(u8::MAX))?;
        Ok(u8::try_from(number).unwrap_or(u8::MAX))
    }

    /// `fs FILESYSTEM [FORM]`
    pub(super) fn filesystem(&mut self, first: Span) -> Parsed<()> {
        self.once(Once::Filesystem, first)?;
        if !self.case.tasks.is_empty() {
            return Err(self.refuse(first, |_| {
                Problem::new("the filesystem comes too late", "what the tasks above can do depends on it")
                    .help("move this line to above the tasks")
            }));
        }
        let token = self.token;
        let written = self.written();
        match Filesystem::from_word(written) {
            Some(filesystem) => self.case.filesystem = filesystem,
            None if token.kind == Kind::End => self.unexpected(&"a filesystem")?,
            None => {
                self.mistake(token.span, |_| unknown("filesystem", written, &Filesystem::ALL.map(Filesystem::word)))?
            }
        }
        self.advance();
        if self.at_end() {
            return Ok(());
        }
        let token = self.token;
        let written = self.advance();
        self.case.form = Form::from_word(written);
        if self.case.form.is_none() {
            self.mistake(token.span, |_| unknown("form", written, &Form::ALL.map(Form::word)))?;
        }
        self.end("the end of the line")
    }

    /// `mended (all | DEFECT {DEFECT})`
    pub(super) fn mended(&mut self, first: Span) -> Parsed<()> {
        self.once(Once::Mended, first)?;
        loop {
            self.room_for_one("mended defects", self.case.mended.len(), Case::MAX_MENDED)?;
            let span = self.token.span;
            let name = self.foreign("a defect's name, or `all`", spelling::is_defect)?;
            if self.case.mended.iter().any(|it| it == name) {
                self.mistake(span, |_| Problem::new(format!("`{name}` stands twice"), "it is mended already"))?;
            } else {
                self.case.mended.push(name.to_owned());
            }
            if self.at_end() {
                return Ok(());
            }
        }
    }

    /// `minimal`
    pub(super) fn minimal(&mut self, first: Span) -> Parsed<()> {
        self.once(Once::Minimal, first)?;
        self.case.minimal = true;
        self.end("the end of the line")
    }
}
