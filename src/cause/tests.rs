use super::{Cause, Inquiry, Need, is_known, needs, parting};
use crate::judge::{Judge, Signature};
use case::Case;
use machine::{Defect, DefectSet, Errno, FileId, Iov, Kernel, Strategy};
use oracle::Profile;

/// A writer, a reader, and a schedule in which the writer has just entered its strategy when the reader brings in the
/// page.
const RACE: &str = "\
shortcopy case 1
fs block prepare-write
file a size 64 disk 0..64 cached -
memory m pages 1 resident 0
task w write a 0 [m 0..64]
task r read a 0..64
";

/// Two defects for strategies that are made up here.
const ONE: Defect = Defect::ALL[0];
const OTHER: Defect = Defect::ALL[Defect::ALL.len() - 1];

fn parsed(text: &str) -> Case {
    Case::parse("it", text).expect("a case")
}

fn named(id: &str) -> &'static Strategy {
    strategies::find(id).expect("it is registered")
}

fn shown(case: &Case, strategy: &'static Strategy) -> Option<Signature> {
    let mut judge = Judge::new(Profile::Linux);
    judge.replay(case, strategy).verdicts.first().map(|it| Signature::of(case, strategy, it))
}

fn cause(case: &Case, strategy: &'static Strategy) -> Cause {
    let signature = shown(case, strategy).expect("it shows something");
    Inquiry::new(Profile::Linux).cause(case, strategy, &signature)
}

/// A strategy of this test: it says that it has written, and has not, if this is so; else it does what another one
/// does.
async fn lies_if(lies: bool, k: &Kernel<'_>, file: FileId, iov: Iov<'_>, pos: u32) -> Result<u32, Errno> {
    if lies {
        return Ok(iov.count());
    }
    (named("temp-page").write)(k, file, iov, pos).await
}

const LIAR: Strategy =
    Strategy { id: "liar", write: |k, file, iov, pos| Box::pin(lies_if(true, k, file, iov, pos)), ..Strategy::USUAL };
/// Right with one mended.
const ONE_CURES: Strategy =
    Strategy { write: |k, file, iov, pos| Box::pin(lies_if(!k.mended(ONE), k, file, iov, pos)), ..LIAR };
/// Right with one of the two mended.
const EITHER_CURES: Strategy = Strategy {
    write: |k, file, iov, pos| Box::pin(lies_if(!k.mended(ONE) & !k.mended(OTHER), k, file, iov, pos)),
    ..LIAR
};
/// Right only with both of them mended.
const BOTH_CURE: Strategy = Strategy {
    write: |k, file, iov, pos| Box::pin(lies_if(!k.mended(ONE) | !k.mended(OTHER), k, file, iov, pos)),
    ..LIAR
};
/// Wrong if the page is not there yet. What it mends only takes time.
const SHIFTS: Strategy = Strategy {
    write: |k, file, iov, pos| {
        Box::pin(async move {
            if k.mended(ONE) {
                k.preempt().await;
                k.preempt().await;
            }
            let page = k.find_get_page(file, 0);
            page.inspect(|it| k.put_page(*it));
            lies_if(page.is_none(), k, file, iov, pos).await
        })
    },
    ..LIAR
};

#[test]
fn one_defect_is_the_cause_and_known_where_the_registry_has_it() {
    let case = parsed(RACE);
    let signature = shown(&case, &ONE_CURES).expect("a lie");
    let cause = cause(&case, &ONE_CURES);
    assert_eq!(cause, Cause::new(vec![DefectSet::of(ONE)]));
    assert_eq!((cause.to_string().as_str(), cause.headword()), (ONE.id(), ONE.id()));
    for id in strategies::ALL.iter().map(|it| it.id).chain(["liar"]) {
        let wanted = ONE.record().scope.contains(id, signature.filesystem, signature.form);
        assert_eq!(is_known(&cause, id, signature.filesystem, signature.form), wanted, "{id}");
    }
    let parting = parting(&case, &ONE_CURES, cause.sets()[0]).expect("the mend changes something");
    assert_ne!(parting.posted, parting.mended);
}

/// The deadlock of the thread: the source maps the page that is written.
#[test]
fn a_deadlock_is_explained_by_the_fault_under_the_lock() {
    let case = parsed(include_str!("../../tests/cli/deadlock.case"));
    let cause = cause(&case, named("no-prefault"));
    let defect = Defect::find("faults-with-the-page-locked").expect("it is registered");
    assert_eq!(cause, Cause::new(vec![DefectSet::of(defect)]));
    let form = case.form.expect("it has one");
    assert!(is_known(&cause, "no-prefault", case.filesystem, form));
    let mended = Case { mended: vec![defect.id().to_owned()], ..case };
    assert_eq!(shown(&mended, named("no-prefault")), None);
}

#[test]
fn what_is_mended_already_is_no_cause() {
    let case = Case { mended: vec![Case::ALL_MENDED.to_owned()], ..parsed(RACE) };
    assert_eq!(cause(&case, &LIAR), Cause::UNEXPLAINED);
}

#[test]
fn what_no_defect_explains_is_unexplained_and_not_known() {
    let case = parsed(RACE);
    let cause = cause(&case, &LIAR);
    assert!(cause.is_unexplained());
    assert!(!is_known(&cause, "liar", case.filesystem, case::Form::PrepareWrite));
    assert_eq!((cause.to_string(), cause.headword()), ("unexplained".to_owned(), "new"));
}

#[test]
fn alternatives_are_all_told_and_a_set_is_as_small_as_it_goes() {
    if ONE == OTHER {
        return;
    }
    let case = parsed(RACE);
    let (one, other) = (DefectSet::of(ONE), DefectSet::of(OTHER));
    assert_eq!(cause(&case, &EITHER_CURES), Cause::new(vec![one, other]));
    assert_eq!(cause(&case, &BOTH_CURE), Cause::new(vec![one.union(other)]));
}

#[test]
fn a_shift_of_the_interleaving_is_no_cure() {
    let mut inquiry = Inquiry::new(Profile::Linux);
    let mut shifts = 0;
    for steps in 1..12 {
        let case = parsed(&format!("{RACE}schedule w:{steps} r\n"));
        let Some(signature) = shown(&case, &SHIFTS) else { continue };
        shifts += u32::from(inquiry.goes_with(DefectSet::ALL, &case, &SHIFTS, &signature));
        assert_eq!(inquiry.cause(&case, &SHIFTS, &signature), Cause::UNEXPLAINED, "{case}");
        let stay = inquiry.stays(&case, &SHIFTS, &signature).expect("it stays");
        let again = Case { schedule: stay.schedule, mended: vec![Case::ALL_MENDED.to_owned()], ..case };
        assert_eq!(shown(&again, &SHIFTS), Some(stay.signature));
    }
    assert!(shifts > 0, "no schedule was moved by the mend");
}

#[test]
fn a_cause_is_a_function_of_the_case_alone() {
    let case = parsed(RACE);
    let signature = shown(&case, &BOTH_CURE).expect("a lie");
    let mut inquiry = Inquiry::new(Profile::Linux);
    let first = inquiry.cause(&case, &BOTH_CURE, &signature);
    let _ = inquiry.cause(&Case { schedule: Vec::new(), ..parsed(RACE) }, &LIAR, &signature);
    assert_eq!(inquiry.cause(&case, &BOTH_CURE, &signature), first);
}

#[test]
fn what_a_case_needs_is_read_from_it() {
    let of = |text: &str| needs(&parsed(text));
    assert_eq!(of(RACE), []);
    assert_eq!(of(&RACE.replace("resident 0", "resident -")), [Need::AbsentPages]);
    let faults = "machine frames 2 blocks 1\nfault eio-read 1\nfault eio-read 3\nfault signal 2\n";
    let text = RACE.replace("fs block", &format!("{faults}fs block"));
    let words: Vec<&str> = of(&text).iter().map(|it| it.as_str()).collect();
    assert_eq!(words, ["eio-read", "signal", "exhausted-disk", "exhausted-memory"]);
    assert!(of(&text).iter().all(|it| it.is_a_fault()));
    assert_eq!(of(&format!("{RACE}task u reclaim-pte m page 0\n")), [Need::AbsentPages]);
    assert_eq!(of(&format!("{RACE}task p crash\n")), [Need::Crash]);
}
