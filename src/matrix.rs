//! The matrix: strategies and classes, and where the two meet the witnesses that show it, or how many cases were searched in vain.

use crate::embargo::Embargo;
use crate::searched::Searched;
use crate::witness::{WitnessError, case_files, is_for};
use case::{Case, Filesystem, Form};
use machine::Strategy;
use oracle::Class;
use std::fs;
use std::path::{Path, PathBuf};

/// A witness, as the matrix knows it.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// The strategy that shows something.
    pub strategy: &'static str,
    /// On which filesystem, in which form.
    pub filesystem: Filesystem,
    /// The form.
    pub form: Form,
    /// What it shows.
    pub class: Class,
    /// A deadlock's notation, or whether it lasts.
    pub detail: Option<String>,
    /// The case.
    pub path: PathBuf,
}

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The witnesses, by path.
    pub exhibits: Vec<Exhibit>,
    /// What is known and not shown.
    pub embargoes: Vec<Embargo>,
    /// How much was searched.
    pub searched: Searched,
}

/// What is known of a strategy (on one filesystem, or on all) and a class.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'m> {
    /// The smallest witness, if there is one.
    pub witness: Option<&'m Exhibit>,
    /// On how many filesystems there is one.
    pub filesystems: usize,
    /// The cases that were searched, if there is none.
    pub clean_cases: u64,
    /// Whether it is known and not shown.
    pub held_back: bool,
    /// Whether the thread says that the strategy does this.
    pub said: bool,
    /// Whether the strategy accepts it.
    pub accepted: bool,
}

impl Matrix {
    /// Reads the witnesses below a corpus, and its record of searches.
    ///
    /// # Errors
    /// If one of the witnesses cannot be read.
    pub fn load(corpus: &Path, searched: Searched) -> Result<Self, WitnessError> {
        let folder = corpus.join("witness");
        let mut exhibits = Vec::new();
        for path in if folder.exists() { case_files(&folder)? } else { Vec::new() } {
            let text = fs::read_to_string(&path).map_err(|source| WitnessError::Read { path: path.clone(), source })?;
            let case = Case::parse(&path.display().to_string(), &text)
                .map_err(|error| WitnessError::Parse(Box::new(error)))?;
            exhibits.extend(shown_by(&case, &path));
        }
        Ok(Self { exhibits, embargoes: Embargo::load(corpus)?, searched })
    }

    /// The witnesses of a strategy.
    pub fn of<'m>(&'m self, strategy: &'m Strategy) -> impl Iterator<Item = &'m Exhibit> {
        self.exhibits.iter().filter(move |it| it.strategy == strategy.id)
    }

    /// The classes of which there is something to tell: found, said or accepted.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        let found = |class: Class| {
            let held_back = self.embargoes.iter().any(|it| it.class == class.as_str());
            held_back || self.exhibits.iter().any(|it| it.class == class)
        };
        let said = |class| strategies::SAID.iter().flat_map(|it| it.claims).any(|it| it.class == class);
        Class::ALL.iter().copied().filter(|class| found(*class) || said(*class)).collect()
    }

    /// What is known of a strategy and a class, on one filesystem or on all.
    #[must_use]
    pub fn entry(&self, strategy: &Strategy, filesystem: Option<Filesystem>, class: Class) -> Entry<'_> {
        let here = |it: &&Exhibit| it.class == class && filesystem.is_none_or(|wanted| it.filesystem == wanted);
        let mine = || self.exhibits.iter().filter(|it| it.strategy == strategy.id).filter(here);
        let mut filesystems: Vec<Filesystem> = mine().map(|it| it.filesystem).collect();
        filesystems.sort_unstable();
        filesystems.dedup();
        let searched = filesystem
            .map_or_else(|| self.searched.of(strategy.id), |filesystem| self.searched.on(strategy.id, filesystem));
        let is_held_back = |it: &Embargo| {
            self::filesystems(strategy)
                .into_iter()
                .filter(|here| filesystem.is_none_or(|wanted| wanted == *here))
                .any(|here| it.covers_words(strategy.id, here.word(), class.as_str()))
        };
        let held_back = self.embargoes.iter().any(is_held_back);
        Entry {
            witness: mine().next(),
            filesystems: filesystems.len(),
            clean_cases: if filesystems.is_empty() && !held_back { searched } else { 0 },
            held_back,
            said: strategies::said(strategy.id).is_some_and(|said| said.claims.iter().any(|it| it.class == class)),
            accepted: strategy.accepts.contains(&class),
        }
    }
}

/// The filesystems that a strategy runs on, each once.
#[must_use]
pub fn filesystems(strategy: &Strategy) -> Vec<Filesystem> {
    let mut filesystems: Vec<Filesystem> = strategy.ground().map(|(filesystem, _)| filesystem).collect();
    filesystems.dedup();
    filesystems
}

/// What a case says that strategies show.
fn shown_by(case: &Case, path: &Path) -> Vec<Exhibit> {
    let mut shown = Vec::new();
    for strategy in strategies::ALL {
        let Some(form) = strategy.form_for(case) else { continue };
        for it in case.expectations.iter().filter(|it| it.strategy != "all" && is_for(it, strategy.id)) {
            let Some((word, detail)) = &it.finding else { continue };
            let Some(class) = Class::ALL.iter().copied().find(|class| class.as_str() == word) else { continue };
            shown.push(Exhibit {
                strategy: strategy.id,
                filesystem: case.filesystem,
                form,
                class,
                detail: detail.clone(),
                path: path.to_owned(),
            });
        }
    }
    shown
}
