//! The matrix: strategies and defects, and where the two meet the witnesses that show it.

mod text;

pub use text::{WIDTH, of_filesystems, of_strategies};

use crate::built_in;
use crate::cause::{Need, needs};
use crate::embargo::{self, Embargo};
use crate::gallery::Niche;
use crate::reading;
use crate::searched::Searched;
use crate::witness::{WitnessError, case_files};
use case::{Case, Expectation, Filesystem, Form};
use machine::{Defect, Strategy};
use oracle::Class;
use std::path::{Path, PathBuf};
use strategies::Evidence;

/// A witness, as the matrix knows it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What it is the witness of: the folder that it is in.
    pub defect: Defect,
    /// The strategy under which it is.
    pub strategy: &'static str,
    /// On which filesystem.
    pub filesystem: Filesystem,
    /// In which form.
    pub form: Form,
    /// All that it shows under its strategy, and what others show on it.
    pub shown: Vec<Expectation>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// How much there is to it.
    pub measure: case::Measure,
    /// Where the case is.
    pub path: PathBuf,
    /// The case.
    pub case: Case,
}

impl Witness {
    /// A case of this path, as a witness; `None` if its folder is no defect's or it expects nothing.
    #[must_use]
    pub fn of(case: &Case, path: &Path) -> Option<Self> {
        let defect = Defect::find(path.parent()?.file_name()?.to_str()?)?;
        let strategy = strategies::find(&case.expectations.first()?.strategy)?;
        Some(Self {
            defect,
            strategy: strategy.id,
            filesystem: case.filesystem,
            form: strategy.form_for(case)?,
            shown: case.expectations.clone(),
            needs: needs(case),
            measure: case::measure(case),
            path: path.to_owned(),
            case: case.clone(),
        })
    }

    /// Its niche.
    #[must_use]
    pub const fn niche(&self) -> Niche {
        let Self { defect, filesystem, form, .. } = *self;
        let strategy = if crate::gallery::is_a_strategys(defect) { Some(self.strategy) } else { None };
        Niche { defect, filesystem, form, strategy }
    }

    /// Whether it is the one of its niche, and not there for something that was said.
    #[must_use]
    pub fn is_of_its_niche(&self) -> bool {
        self.path.ends_with(self.niche().path())
    }

    /// Whether it needs a fault.
    #[must_use]
    pub fn needs_a_fault(&self) -> bool {
        self.needs.iter().any(|it| it.is_a_fault())
    }

    /// What it shows under its own strategy, as `CLASS` or `CLASS detail`, what it is for first.
    #[must_use]
    pub fn symptoms(&self) -> Vec<String> {
        let mine = self.shown.iter().filter(|it| it.strategy == self.strategy);
        let words = |it: &Expectation| {
            let (class, detail) = it.finding.as_ref()?;
            Some(detail.as_ref().map_or_else(|| class.clone(), |detail| format!("{class} {detail}")))
        };
        mine.filter_map(words).collect()
    }

    /// Whether this strategy shows the class on it, in this detail if there is one.
    #[must_use]
    pub fn shows(&self, strategy: &str, class: Class, detail: Option<&str>) -> bool {
        self.shown.iter().any(|it| {
            let is_it = |(word, its): &(String, Option<String>)| {
                word == class.as_str() && detail.is_none_or(|detail| its.as_deref() == Some(detail))
            };
            it.strategy == strategy && it.finding.as_ref().is_some_and(is_it)
        })
    }
}

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The witnesses, by path.
    pub witnesses: Vec<Witness>,
    /// What is known and not shown.
    pub embargoes: Vec<Embargo>,
    /// How much was searched.
    pub searched: Searched,
}

/// What is known of a defect in a place, or in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It is not there.
    Absent,
    /// The registry knows it, and there is no witness yet.
    Unseen,
    /// It is there, and no case of it is shown.
    HeldBack,
    /// It needs a fault.
    NeedsAFault,
    /// It shows with nothing but system calls.
    Plain,
}

impl Matrix {
    /// Reads the witnesses below a corpus, and its record of searches.
    ///
    /// # Errors
    /// If one of the witnesses cannot be read.
    pub fn load(corpus: &Path, searched: Searched) -> Result<Self, WitnessError> {
        let folder = corpus.join("witness");
        let mut witnesses = Vec::new();
        for path in if folder.exists() { case_files(&folder)? } else { Vec::new() } {
            let text = reading::read_text(&path).map_err(|source| WitnessError::Read { path: path.clone(), source })?;
            witnesses.extend(witness(&path, &text)?);
        }
        Ok(Self { witnesses, embargoes: Embargo::load(corpus)?, searched })
    }

    /// What this was built with.
    ///
    /// # Errors
    /// If one of the witnesses is no case; a test reads them.
    pub fn built_in() -> Result<Self, WitnessError> {
        let mut witnesses = Vec::new();
        for (path, text) in built_in::witnesses() {
            witnesses.extend(witness(Path::new(path), text)?);
        }
        Ok(Self { witnesses, embargoes: embargo::compiled_in().to_vec(), searched: Searched::built_in() })
    }

    /// The witness of a niche.
    #[must_use]
    pub fn at(&self, niche: Niche) -> Option<&Witness> {
        self.witnesses.iter().find(|it| it.niche() == niche && it.is_of_its_niche())
    }

    /// The witnesses of a defect.
    pub fn of(&self, defect: Defect) -> impl Iterator<Item = &Witness> {
        self.witnesses.iter().filter(move |it| it.defect == defect)
    }

    /// The plainest of these: one without a fault, if there is one, and the smallest.
    #[must_use]
    pub fn plainest<'m>(witnesses: impl Iterator<Item = &'m Witness>) -> Option<&'m Witness> {
        witnesses.min_by_key(|it| (it.needs_a_fault(), it.needs.len(), it.measure))
    }

    /// The smallest witness of a defect on which a strategy shows what has to show for a claim, or against it.
    #[must_use]
    pub fn showing(&self, strategy: &Strategy, evidence: Evidence) -> Option<&Witness> {
        let Evidence { defect, class, detail, needs } = evidence;
        let needs_it = |it: &Witness| needs.is_none_or(|word| it.needs.iter().any(|need| need.as_str() == word));
        Self::plainest(self.of(defect).filter(|it| it.shows(strategy.id, class, detail) && needs_it(it)))
    }

    /// Whether no case of a defect may be shown.
    #[must_use]
    pub fn holds_back(&self, defect: Defect) -> bool {
        self.embargoes.iter().any(|it| it.hides(defect))
    }

    /// What is known of a defect in these niches, the plainest.
    pub fn mark(&self, niches: impl Iterator<Item = Niche>) -> Mark {
        let marks = niches.map(|it| match self.at(it) {
            Some(witness) if witness.needs_a_fault() => Mark::NeedsAFault,
            Some(_) => Mark::Plain,
            None if self.holds_back(it.defect) => Mark::HeldBack,
            None => Mark::Unseen,
        });
        marks.max().unwrap_or(Mark::Absent)
    }
}

fn witness(path: &Path, text: &str) -> Result<Option<Witness>, WitnessError> {
    let case = Case::parse(&path.display().to_string(), text);
    let case = case.map_err(|error| WitnessError::Parse(Box::new(error)))?;
    Ok(Witness::of(&case, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_what_the_corpus_has() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let searched = Searched::load(&corpus.join("searched.json")).expect("the record");
        assert_eq!(searched, Searched::built_in());
        let (loaded, built_in) = (Matrix::load(&corpus, searched), Matrix::built_in());
        let (loaded, built_in) = (loaded.expect("the corpus"), built_in.expect("the corpus"));
        let paths = |it: &Matrix, root: &Path| -> Vec<PathBuf> {
            it.witnesses.iter().map(|it| it.path.strip_prefix(root).unwrap_or(&it.path).to_owned()).collect()
        };
        assert_eq!(paths(&loaded, &corpus), paths(&built_in, Path::new("")));
        assert_eq!(loaded.embargoes, built_in.embargoes);
    }
}
