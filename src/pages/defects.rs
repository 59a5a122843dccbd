//! The pages of defects: every record of the registry, what it was seen to do, and its smallest witness.

use super::{Sources, fitted, needs, places, symptoms};
use crate::gallery::{Niche, is_a_strategys};
use crate::matrix::Matrix;
use machine::Defect;
use machine::defect::{Record, Scope};
use std::fmt::{self, Write};

/// Strategies that are named one by one; of more it is said how many there are.
const NAMED: usize = 8;

/// The page of the defects that are strategies', or of the others, in Markdown, below its heading.
#[must_use]
pub fn defects(sources: Sources<'_>, are_strategys: bool) -> String {
    let mut text = String::new();
    for defect in Defect::ALL.iter().copied().filter(|it| is_a_strategys(*it) == are_strategys) {
        // Writing to a string cannot fail.
        let _ = record(&mut text, sources, defect);
    }
    fitted(&text)
}

fn record(text: &mut String, sources: Sources<'_>, defect: Defect) -> fmt::Result {
    let Record { id, what, mend, place, by, named, since, until, scope } = defect.record();
    writeln!(text, "## `{id}`\n\n{}. Mended, it {mend}.\n", capital(what))?;
    writeln!(text, "- in `{place}`, by {by}; {}; named first: {named}", kernels(since, until))?;
    writeln!(text, "- known {}", known(scope))?;
    let Sources { matrix, .. } = sources;
    let seen = symptoms(matrix.of(defect));
    match Matrix::plainest(matrix.of(defect)) {
        Some(witness) => {
            writeln!(
                text,
                "- shows as {seen}; [the smallest case](../{}) needs {}",
                sources.path(witness),
                needs(witness)
            )?;
        }
        None if matrix.holds_back(defect) => writeln!(text, "- held back: a kernel of today has it too")?,
        None => writeln!(text, "- no witness yet")?,
    }
    let niches = || Niche::all().into_iter().filter(|it| it.defect == defect);
    let unseen = niches().filter(|it| matrix.at(*it).is_none()).count();
    if unseen > 0 && unseen < niches().count() {
        writeln!(text, "- no witness yet in {unseen} of its {} places", niches().count())?;
    }
    writeln!(text)
}

/// The released kernels that have it.
fn kernels(since: &str, until: &str) -> String {
    match (since, until) {
        ("never", _) => "never in a released kernel".to_owned(),
        (since, "never") => format!("since {since}, still there"),
        (since, until) => format!("since {since}, gone in {until}"),
    }
}

/// Where the registry knows it.
fn known(scope: &Scope) -> String {
    let under = match scope.strategies {
        [] => "under every strategy".to_owned(),
        all if all.len() <= NAMED => format!("under {}", all.join(", ")),
        all => format!("under {} strategies", all.len()),
    };
    let on = scope.filesystems.iter().map(|(filesystem, form)| Niche {
        defect: Defect::ALL[0],
        filesystem: *filesystem,
        form: *form,
        strategy: None,
    });
    let on = places(on);
    if on.is_empty() { format!("{under}, on every filesystem") } else { format!("{under}, on {on}") }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
