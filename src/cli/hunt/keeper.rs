//! Takes what the hunt tells: shows it and writes it down.

use super::lines::{print_finding, print_trouble, tell};
use crate::cause::{Cause, Need};
use crate::cli::failure::Ending;
use crate::cli::progress::Progress;
use crate::hunt::{Event, Finding, Store, Summary, Trouble};
use crate::judge::Signature;
use crate::whole;
use case::{Case, Measure};
use machine::Defect;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Keeps a case for each place, cause and class: the smallest.
pub struct Keeper {
    store: Store,
    json: bool,
    /// Whether known findings are shown while the hunt goes on.
    tells_all: bool,
    pub progress: Progress,
    /// What was found.
    pub rows: Vec<Row>,
    /// How large what was written is, by its path.
    sizes: BTreeMap<PathBuf, Measure>,
    pub troubles: Vec<Troubled>,
    unwritten: usize,
}

/// A finding without its case.
pub struct Row {
    pub signature: Signature,
    pub cause: Cause,
    pub new: bool,
    pub needs: Vec<Need>,
    pub sentence: String,
    pub at_case: u64,
    /// How large its case is.
    pub size: Measure,
    /// Where its case is, or a smaller one like it; none if it could not be written.
    pub path: Option<PathBuf>,
}

impl Row {
    /// The command that says more about its case. Nobody can name a defect of a subject.
    pub fn next(&self) -> Option<String> {
        let command = if self.signature.in_subject { "explain" } else { "why" };
        self.path.as_ref().map(|it| format!("shortcopy {command} {}", it.display()))
    }
}

/// A bug of our own without its case.
pub struct Troubled {
    pub strategy: &'static str,
    pub what: String,
    pub at_case: u64,
    /// Where its case is; none if it could not be written.
    pub path: Option<PathBuf>,
}

impl Keeper {
    pub fn new(findings: PathBuf, json: bool, tells_all: bool) -> Self {
        Self {
            store: Store::new(findings),
            json,
            tells_all,
            progress: Progress::new(),
            rows: Vec::new(),
            sizes: BTreeMap::new(),
            troubles: Vec::new(),
            unwritten: 0,
        }
    }

    pub fn take(&mut self, event: Event) {
        match event {
            Event::Progress(summary) => self.progress.show(&summary),
            Event::Finding(finding) => self.found(*finding),
            Event::Trouble(trouble) => self.troubled(&trouble),
        }
    }

    fn found(&mut self, finding: Finding) {
        let size = case::measure(&finding.case);
        let path = self.store.path(&finding);
        let there = self.sizes.get(&path).cloned().or_else(|| self.store.size_there(&finding));
        let is_larger = there.as_ref().is_some_and(|it| *it <= size);
        if let Some(there) = there {
            self.sizes.insert(path.clone(), there);
        }
        let path = if is_larger { Some(path) } else { self.written(self.store.keep(&finding), &finding.case) };
        if let Some(path) = path.as_ref().filter(|_| !is_larger) {
            self.sizes.insert(path.clone(), size);
        }
        if self.json {
            print_finding(&finding, path.as_deref());
        } else if finding.new || self.tells_all {
            self.progress.suspend(|| tell(&finding, path.as_deref()));
        }
        let Finding { signature, cause, new, needs, sentence, at_case, .. } = finding;
        self.rows.push(Row { signature, cause, new, needs, sentence, at_case, size, path });
    }

    /// At the end: the plainest case of each defect as `FINDINGS/DEFECT.case`, unless an earlier hunt left a plainer
    /// one there.
    pub fn keep_plainest(&mut self) {
        for defect in Defect::ALL {
            let Some(path) = plainest(&self.rows, *defect).and_then(|it| it.path.as_deref()) else { continue };
            let to = self.store.folder().join(format!("{defect}.case"));
            if Store::is_plainer(&to, path) {
                continue;
            }
            let copied = std::fs::read(path).and_then(|it| whole::write(&to, &it));
            if let Err(error) = copied {
                self.unwritten += 1;
                eprintln!("cannot write {}: {error}", to.display());
            }
        }
    }

    fn troubled(&mut self, trouble: &Trouble) {
        let path = self.written(self.store.keep_trouble(trouble), &trouble.case);
        self.progress.suspend(|| print_trouble(trouble, path.as_deref(), self.json));
        let Trouble { strategy, at_case, .. } = *trouble;
        self.troubles.push(Troubled { strategy, what: trouble.what(), at_case, path });
    }

    /// A disk that is full must not cost the finding: then the case goes to standard error.
    fn written(&mut self, result: std::io::Result<PathBuf>, case: &Case) -> Option<PathBuf> {
        match result {
            Ok(path) => Some(path),
            Err(error) => {
                self.unwritten += 1;
                let folder = self.store.folder().display();
                self.progress.suspend(|| eprintln!("cannot write below {folder}: {error}; so here it is:\n{case}"));
                None
            }
        }
    }

    /// What to type next.
    pub fn next(&self, summary: &Summary) -> Option<String> {
        if let Some(path) = self.troubles.iter().find_map(|it| it.path.as_deref()) {
            return Some(format!("shortcopy run {}", path.display()));
        }
        if self.unwritten > 0 {
            return Some(format!("df -h {}", self.store.folder().display()));
        }
        self.rows.iter().find(|it| it.new || summary.new == 0)?.next()
    }

    pub fn ending(&self, summary: &Summary) -> Ending {
        if summary.troubles > 0 || self.unwritten > 0 {
            Ending::Trouble
        } else if summary.new > 0 {
            Ending::Finding
        } else {
            Ending::AsExpected
        }
    }
}

/// The finding that shows a defect best: of the smallest cause, with the fewest faults, in the smallest case.
pub fn plainest(rows: &[Row], defect: Defect) -> Option<&Row> {
    rows.iter().filter(|it| is_of(&it.cause, defect)).min_by_key(|it| {
        let faults = it.needs.iter().filter(|it| it.is_a_fault()).count();
        (it.cause.defects().count(), faults, it.size, it.signature)
    })
}

/// Whether a defect is part of a cause.
pub fn is_of(cause: &Cause, defect: Defect) -> bool {
    cause.sets().iter().any(|it| it.contains(defect))
}
