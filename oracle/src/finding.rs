//! Findings: violations as the rules report them, before they are merged and worded as verdicts.

use crate::observation::Observation;
use crate::{Class, Clock, FileId, Notation, OperationId, Rule, Span, Way};

/// One thing that is wrong, as a rule found it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub rule: Rule,
    pub class: Class,
    pub file: Option<FileId>,
    pub start: u32,
    pub end: u32,
    pub operation: Option<OperationId>,
    pub way: Option<Way>,
    /// What was seen in the range, in the history's arena; empty if it is not about cells.
    pub cells: Span,
    /// The observation that saw it, by its place in the list, if it is about cells.
    pub observation: Option<usize>,
    pub step: Option<Clock>,
    pub notation: Option<Notation>,
    pub involved: Vec<OperationId>,
    /// A sentence for a person; empty if the class says it all.
    pub message: String,
}

impl Finding {
    /// A finding that is not about cells.
    pub(crate) fn of(rule: Rule, class: Class, message: String) -> Self {
        Self {
            rule,
            class,
            file: None,
            start: 0,
            end: 0,
            operation: None,
            way: None,
            cells: Span::default(),
            observation: None,
            step: None,
            notation: None,
            involved: Vec::new(),
            message,
        }
    }

    /// Names the file.
    pub(crate) fn in_file(self, file: FileId, start: u32, end: u32) -> Self {
        Self { file: Some(file), start, end, ..self }
    }

    /// Names the operation.
    pub(crate) fn by(self, operation: OperationId) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Whether both are the same kind of thing, seen by the same observer in the same file.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.rule, self.class, self.file, self.operation, self.way)
            == (other.rule, other.class, other.file, other.operation, other.way)
    }
}

/// The findings of one check.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub list: Vec<Finding>,
}

impl Findings {
    /// Adds a run of bad cells, or lengthens the run that ends before it.
    pub(crate) fn cells(
        &mut self,
        (index, seen): (usize, &Observation),
        rule: Rule,
        class: Class,
        (start, end): (u32, u32),
    ) {
        let cells = Span { start: seen.index_of(start), end: seen.index_of(end) };
        let mut finding = Finding::of(rule, class, String::new());
        finding.file = seen.file;
        (finding.start, finding.end) = (start, end);
        (finding.operation, finding.way) = (seen.operation, seen.way);
        finding.cells = cells;
        finding.observation = Some(index);
        match self.list.iter_mut().find(|it| it.observation == Some(index) && it.end == start && it.is_like(&finding)) {
            Some(run) => (run.end, run.cells.end) = (end, cells.end),
            None => self.list.push(finding),
        }
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.list.push(finding);
    }
}
