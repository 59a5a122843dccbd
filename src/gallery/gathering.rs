//! The gathering: looks at many cases, keeps some good ones for each niche, and puts the best of them into the corpus.

use super::{Curator, Niche, Rank, Shown};
use crate::cause::needs;
use crate::embargo::Embargo;
use crate::hunt::write_whole;
use crate::reduce::Irreducible;
use case::Case;
use machine::{Defect, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};
use strategies::Evidence;

/// Cases that are kept for a niche until they are made small: the best of each class.
const CANDIDATES: usize = 3;

/// Gathers witnesses for a folder of them.
#[derive(Debug)]
pub struct Gathering {
    /// Who judges them.
    pub curator: Curator,
    folder: PathBuf,
    candidates: BTreeMap<Niche, Vec<Candidate>>,
    claims: BTreeMap<Claimed, (Niche, Candidate)>,
    unknown: BTreeMap<Niche, Candidate>,
    standing: BTreeMap<Niche, Option<(Rank, Case)>>,
    /// How many runs showed what stays with every defect mended.
    pub unexplained: usize,
}

/// What has to show for something that somebody said of a strategy, or against it.
type Claimed = (&'static str, Evidence);

/// A case for a niche, not yet small.
#[derive(Clone, Debug)]
struct Candidate {
    rank: Rank,
    shown: Shown,
    strategy: &'static Strategy,
    case: Case,
}

/// What became of a case for a niche.
#[derive(Debug)]
pub enum Fate {
    /// It is the witness now: there was none, or a worse one.
    Adopted,
    /// There is one as good.
    Known,
    /// It may not be published.
    HeldBack,
    /// It could not be made small.
    Irreducible(Irreducible),
    /// It could not be written.
    Unwritten(io::Error),
}

impl Gathering {
    /// A gathering for this folder.
    #[must_use]
    pub fn new(folder: &Path, embargoes: Vec<Embargo>) -> Self {
        Self {
            curator: Curator::new(embargoes),
            folder: folder.to_owned(),
            candidates: BTreeMap::new(),
            claims: BTreeMap::new(),
            unknown: BTreeMap::new(),
            standing: BTreeMap::new(),
            unexplained: 0,
        }
    }

    /// Looks at what a case shows, with its schedule. The ranks that it would have, of known niches.
    pub fn look_at(&mut self, case: &Case, strategy: &'static Strategy) -> Vec<(Niche, Rank)> {
        let case = &Case { form: strategy.form_for(case), mended: Vec::new(), ..case.clone() };
        let shown = self.curator.shown(case, strategy);
        self.unexplained += shown.iter().filter(|it| it.cause.is_unexplained()).count();
        self.keep_claims(case, strategy, &shown);
        let defects: BTreeSet<Defect> = shown.iter().flat_map(|it| it.cause.defects()).collect();
        let mut ranks = Vec::new();
        for defect in defects {
            let Some((rank, wanted)) = Rank::of(defect, case, &shown) else { continue };
            let candidate = || Candidate { rank, shown: wanted.clone(), strategy, case: case.clone() };
            match Niche::of(defect, &wanted.signature) {
                Some(niche) => {
                    ranks.push((niche, rank));
                    add(self.candidates.entry(niche).or_default(), rank, wanted, candidate);
                }
                None if rank.others == 0 => {
                    let niche = Niche::unknown(defect, &wanted.signature);
                    if self.unknown.get(&niche).is_none_or(|it| rank < it.rank) {
                        self.unknown.insert(niche, candidate());
                    }
                }
                None => {}
            }
        }
        ranks
    }

    /// Keeps what shows for something that was said of the strategy, or against it.
    fn keep_claims(&mut self, case: &Case, strategy: &'static Strategy, shown: &[Shown]) {
        let needs = needs(case);
        let evidence = strategies::claims().filter(|it| it.strategy == strategy.id).filter_map(|it| it.evidence());
        for (evidence, it) in evidence.flat_map(|evidence| shown.iter().map(move |it| (evidence, it))) {
            let Evidence { defect, class, detail, needs: needed } = evidence;
            let signature = &it.signature;
            let is_it = signature.class == class && (detail.is_none() || detail == signature.detail());
            if !is_it || needed.is_some_and(|word| needs.iter().all(|need| need.as_str() != word)) {
                continue;
            }
            let Some(niche) = Niche::of(defect, signature) else { continue };
            let Some((rank, _)) = Rank::of(defect, case, std::slice::from_ref(it)) else { continue };
            let key = (strategy.id, evidence);
            if self.claims.get(&key).is_none_or(|(_, other)| rank < other.rank) {
                let candidate = Candidate { rank, shown: it.clone(), strategy, case: case.clone() };
                self.claims.insert(key, (niche, candidate));
            }
        }
    }

    /// Adopts a case for each claim that something was found for or against and that no witness shows: beside the
    /// witness of its niche, with the class in its name.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn settle_claims(&mut self, has_a_witness: &dyn Fn(&Strategy, Evidence) -> bool) -> io::Result<Vec<PathBuf>> {
        let mut adopted = Vec::new();
        for ((_, evidence), (niche, Candidate { shown, strategy, case, .. })) in std::mem::take(&mut self.claims) {
            if has_a_witness(strategy, evidence) {
                continue;
            }
            let Ok(small) = self.curator.reduced(&case, strategy, &shown) else { continue };
            if self.curator.holds_back(&small) {
                continue;
            }
            let niche = Niche { strategy: Some(strategy.id), ..niche };
            let detail = shown.signature.detail_in_a_name().map_or_else(String::new, |it| format!("-{it}"));
            let needs = evidence.needs.map_or_else(String::new, |it| format!("-{it}"));
            let stem = niche.path().with_extension("").display().to_string();
            let path = self.folder.join(format!("{stem}-{}{detail}{needs}.case", evidence.class));
            write_whole(&path, &self.curator.label(niche, strategy, &shown, small))?;
            adopted.push(path);
        }
        Ok(adopted)
    }

    /// Makes what was gathered small, and keeps what is better than what there was.
    pub fn settle(&mut self, tell: &mut dyn FnMut(Niche, &Path, &Fate)) {
        for (niche, candidates) in std::mem::take(&mut self.candidates) {
            for candidate in candidates {
                let fate = self.offer(niche, candidate);
                tell(niche, &self.folder.join(niche.path()), &fate);
            }
        }
    }

    fn offer(&mut self, niche: Niche, Candidate { shown, strategy, case, .. }: Candidate) -> Fate {
        let standing = self.standing(niche);
        let is_it = |(_, it): &(Rank, Case)| *it == Case { comments: it.comments.clone(), ..case.clone() };
        if standing.as_ref().is_some_and(is_it) {
            return Fate::Known;
        }
        let small = match self.curator.reduced(&case, strategy, &shown) {
            Ok(small) => small,
            Err(why) => return Fate::Irreducible(why),
        };
        let all = self.curator.shown(&small, strategy);
        let Some((rank, _)) = Rank::of(niche.defect, &small, &all) else {
            return Fate::Irreducible(Irreducible::NotShown);
        };
        let text = |case: &Case| Case { comments: Vec::new(), expectations: Vec::new(), ..case.clone() }.print();
        let is_less = |(other, it): &(Rank, Case)| (rank, text(&small)) < (*other, text(it));
        if !standing.as_ref().is_none_or(is_less) {
            return Fate::Known;
        }
        if self.curator.holds_back(&small) {
            return Fate::HeldBack;
        }
        let small = self.curator.label(niche, strategy, &shown, small);
        if let Err(error) = write_whole(&self.folder.join(niche.path()), &small) {
            return Fate::Unwritten(error);
        }
        self.standing.insert(niche, Some((rank, small)));
        Fate::Adopted
    }

    /// The witness that there is, and how good it is. One that no longer shows what it is for counts as none.
    pub fn standing(&mut self, niche: Niche) -> Option<(Rank, Case)> {
        if let Some(known) = self.standing.get(&niche) {
            return known.clone();
        }
        let standing = self.read(niche);
        self.standing.insert(niche, standing.clone());
        standing
    }

    fn read(&mut self, niche: Niche) -> Option<(Rank, Case)> {
        let path = self.folder.join(niche.path());
        let case = Case::parse(&path.display().to_string(), &fs::read_to_string(&path).ok()?).ok()?;
        let strategy = strategies::find(&case.expectations.first()?.strategy)?;
        let shown = self.curator.shown(&case, strategy);
        let (rank, _) = Rank::of(niche.defect, &case, &shown)?;
        Some((rank, case))
    }

    /// What was found where the registry does not know it, each with a small case.
    pub fn unknown(&mut self) -> Vec<(Niche, Case)> {
        let mut unknown = Vec::new();
        for (niche, Candidate { shown, strategy, case, .. }) in std::mem::take(&mut self.unknown) {
            let small = self.curator.reduced(&case, strategy, &shown).unwrap_or(case);
            unknown.push((niche, self.curator.label(niche, strategy, &shown, small)));
        }
        unknown
    }
}

/// Keeps a candidate if it is better than another of the same class, or than the worst.
fn add(candidates: &mut Vec<Candidate>, rank: Rank, shown: &Shown, candidate: impl Fn() -> Candidate) {
    match candidates.iter_mut().find(|it| it.shown.signature.class == shown.signature.class) {
        Some(same) if rank < same.rank => *same = candidate(),
        Some(_) => return,
        None => candidates.push(candidate()),
    }
    candidates.sort_by_key(|it| it.rank);
    candidates.truncate(CANDIDATES);
}
