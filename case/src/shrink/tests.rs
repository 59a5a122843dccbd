//! Tests of the shrinker, on toy machines in which a known few things make a case fail.

mod abilities;
mod passes;

use super::prove::removals;
use super::{Shrunk, shrink, simplify_schedule, tidy};
use crate::generate::tests::cases;
use crate::mutate::rename;
use crate::{Case, MemoryKind, Runner, Slice, TaskOperation};
use std::collections::BTreeSet;

/// A step of the toy machine: the task, the operation, and which step of it.
type Step = (usize, usize, usize);

/// Runs a case on a toy machine: an operation takes a step for each of its segments and two more, nobody ever blocks.
fn toy_run(case: &Case) -> Vec<Step> {
    let steps = |operation: &TaskOperation| operation.segments().len() + 2;
    let mut left: Vec<Vec<Step>> = Vec::new();
    for (task, of) in case.tasks.iter().enumerate() {
        let operations = of.operations.iter().enumerate();
        let all = operations.flat_map(|(index, operation)| (0..steps(operation)).map(move |step| (task, index, step)));
        left.push(all.rev().collect());
    }
    let mut trace = Vec::new();
    for slice in &case.schedule {
        let Runner::Task(task) = slice.runner else { continue };
        for _ in 0..slice.steps.unwrap_or(u32::MAX) {
            let Some(step) = left[task].pop() else { break };
            trace.push(step);
        }
    }
    trace.extend(left.into_iter().flat_map(|steps| steps.into_iter().rev()));
    trace
}

/// Whether a source is unmapped in the middle of a write of two segments or more from it.
fn torn(case: &Case) -> bool {
    let trace = toy_run(case);
    let operation = |step: &Step| &case.tasks[step.0].operations[step.1];
    trace.iter().enumerate().any(|(at, step)| {
        let TaskOperation::Munmap { memory, .. } = operation(step) else { return false };
        let writes = |other: &&Step| {
            let TaskOperation::Write { segments, .. } = operation(other) else { return false };
            segments.len() >= 2 && segments.iter().any(|segment| segment.memory == *memory)
        };
        let begun = || trace[..at].iter().filter(writes).map(|other| (other.0, other.1));
        let ends = |write: (usize, usize)| trace[at..].iter().any(|other| (other.0, other.1) == write);
        begun().any(ends)
    })
}

/// Whether a write of a file has its source in a mapping of a page that is not cached, of the same file.
fn aliased(case: &Case) -> bool {
    case.tasks.iter().flat_map(|task| &task.operations).any(|operation| {
        let TaskOperation::Write { file: to, segments, .. } = operation else { return false };
        segments.iter().any(|segment| {
            let MemoryKind::Map { file, page, .. } = case.memories[segment.memory].kind else { return false };
            file == *to && segment.range.len() >= 3 && !case.files[file].cached.iter().any(|cached| cached.page == page)
        })
    })
}

fn shrunk(case: &Case, fails: fn(&Case) -> bool) -> Shrunk {
    let mut all_valid = true;
    let shrunk = shrink(
        case,
        &mut |candidate| {
            all_valid &= candidate.validate().is_ok();
            fails(candidate)
        },
        &mut |_| {},
    );
    assert!(all_valid, "{case:#?}");
    shrunk
}

fn failing(fails: fn(&Case) -> bool, count: usize) -> Vec<Case> {
    let found: Vec<_> = cases(0..200_000, |weights| weights.schedule = true).filter(fails).take(count).collect();
    assert_eq!(found.len(), count, "so few cases fail");
    found
}

/// No removal leaves a case that fails.
fn assert_minimal(case: &Case, fails: fn(&Case) -> bool) {
    for mut removed in removals(case) {
        assert!(!tidy(&mut removed) || !fails(&removed), "{case:#?} could be {removed:#?}");
    }
}

#[test]
fn a_race_shrinks_to_one_write_one_unmap_and_one_preemption() {
    for case in failing(torn, 60) {
        let Shrunk { case: small, tried, minimal } = shrunk(&case, torn);
        assert!(minimal && small.minimal && torn(&small));
        assert!(tried < 9000, "{tried} runs");
        assert_minimal(&small, torn);
        assert_eq!(small.tasks.len(), 2, "{small:#?}");
        assert_eq!(small.tasks.iter().map(|task| task.operations.len()).sum::<usize>(), 2);
        assert_eq!(
            small.tasks.iter().flat_map(|task| &task.operations).map(|it| it.segments().len()).sum::<usize>(),
            2
        );
        assert!(small.schedule.len() <= 2 && small.faults.is_empty(), "{small:#?}");
        assert_eq!((small.files.len(), small.memories.len()), (1, 1), "{small:#?}");
    }
}

#[test]
fn a_schedule_recorded_step_by_step_shrinks_to_one_preemption() {
    for mut case in failing(torn, 30) {
        let turn = |step: Step| Slice { runner: Runner::Task(step.0), steps: Some(1) };
        case.schedule = toy_run(&case).into_iter().map(turn).collect();
        let Shrunk { case: small, tried, .. } = shrunk(&case, torn);
        assert!(tried < 3000, "{tried} runs");
        assert!(small.schedule.len() <= 2, "{small:#?}");
    }
}

#[test]
fn a_vector_of_a_thousand_segments_shrinks_to_two() {
    let mut shrunk_any = false;
    for mut case in failing(torn, 8) {
        for operation in super::remove::operations_mut(&mut case) {
            let TaskOperation::Write { segments, .. } = operation else { continue };
            let Some(first) = segments.first().copied() else { continue };
            let empty = crate::Range { start: first.range.start, end: first.range.start };
            segments.resize(1000, crate::Iovec { range: empty, ..first });
        }
        case.schedule.iter_mut().for_each(|slice| slice.steps = slice.steps.map(|steps| 100 * steps));
        if !torn(&case) || case.validate().is_err() {
            continue;
        }
        let small = shrunk(&case, torn).case;
        assert_minimal(&small, torn);
        assert_eq!(super::remove::operations_mut(&mut small.clone()).map(|it| it.segments().len()).max(), Some(2));
        shrunk_any = true;
        break;
    }
    assert!(shrunk_any, "no case still fails with its long vector");
}

#[test]
fn names_become_canonical() {
    let case = failing(torn, 1).remove(0);
    let small = shrunk(&case, torn).case;
    let mut renamed = small.clone();
    rename(&mut renamed);
    assert_eq!(small, renamed);
}

#[test]
fn all_cases_with_the_same_toy_fault_shrink_to_nearly_the_same() {
    let mut results = BTreeSet::new();
    for case in failing(aliased, 80) {
        let small = shrunk(&case, aliased).case;
        assert_minimal(&small, aliased);
        assert_eq!((small.files.len(), small.memories.len(), small.tasks.len()), (1, 1, 1), "{small:#?}");
        assert!(small.schedule.is_empty() && small.faults.is_empty() && small.files[0].cached.is_empty());
        assert_eq!(small.machine, crate::MachineOptions::default());
        results.insert(format!("{:?}{:?}", small.tasks, small.memories));
    }
    assert_eq!(results.len(), 1, "{results:#?}");
}

#[test]
fn shrinking_is_deterministic_and_a_second_time_changes_nothing() {
    for case in failing(torn, 20) {
        let once = shrunk(&case, torn);
        assert_eq!(once, shrunk(&case, torn));
        let again = shrunk(&once.case, torn);
        assert_eq!(once.case, again.case);
    }
}

#[test]
fn what_does_not_fail_is_left_alone() {
    let case = cases(0..1, |_| {}).next().unwrap_or_default();
    let Shrunk { case: same, tried, minimal } = shrink(&case, &mut |_| false, &mut |_| {});
    assert_eq!((same, tried, minimal), (case, 1, false));
}

#[test]
fn progress_only_goes_forward() {
    let case = failing(torn, 1).remove(0);
    let mut last = (usize::MAX, 0);
    let mut forward = true;
    shrink(&case, &mut torn, &mut |progress| {
        forward &= progress.operations <= last.0 && progress.tried > last.1;
        last = (progress.operations, progress.tried);
    });
    assert!(forward && last.0 == 2);
}

/// On cases so small that all their parts can be tried in all combinations, the shrinker finds as few operations as
/// there can be.
#[test]
fn no_subset_of_the_operations_of_a_tiny_case_is_smaller() {
    let tiny = |case: &Case| case.tasks.iter().map(|task| task.operations.len()).sum::<usize>() <= 7 && crowded(case);
    let found: Vec<_> = cases(0..100_000, |_| {}).filter(tiny).take(100).collect();
    assert_eq!(found.len(), 100);
    for case in found {
        let small = shrunk(&case, crowded).case;
        let operations = small.tasks.iter().map(|task| task.operations.len()).sum::<usize>();
        assert_eq!(operations, fewest_operations(&case, crowded), "{case:#?} gave {small:#?}");
    }
}

/// Fails with a write and, in any order, a read or load, and something that takes memory or cells away.
fn crowded(case: &Case) -> bool {
    let any = |wanted: fn(&TaskOperation) -> bool| case.tasks.iter().flat_map(|task| &task.operations).any(wanted);
    any(|it| matches!(it, TaskOperation::Write { .. }))
        && any(|it| matches!(it, TaskOperation::Read { .. } | TaskOperation::Load { .. }))
        && any(|it| {
            matches!(it, TaskOperation::Truncate { .. } | TaskOperation::DontNeed { .. } | TaskOperation::Munmap { .. })
        })
}

fn fewest_operations(case: &Case, fails: fn(&Case) -> bool) -> usize {
    let places = super::remove::places(case);
    let subsets = 0_u32..1 << places.len();
    let kept = |subset: &u32| {
        let mut candidate = case.clone();
        for (bit, (task, operation)) in places.iter().enumerate().rev() {
            if subset & 1 << bit == 0 {
                candidate.tasks[*task].operations.remove(*operation);
            }
        }
        fails(&candidate)
    };
    subsets.filter(kept).map(u32::count_ones).min().unwrap_or(0) as usize
}

#[test]
fn a_recorded_schedule_becomes_the_story() {
    let turn = |task, steps| Slice { runner: Runner::Task(task), steps };
    // Task 0 has 9 steps, task 1 has 4.
    let run = |schedule: &[Slice]| {
        let mut left = [9_u32, 4];
        let mut trace = Vec::new();
        let rest = [turn(0, None), turn(1, None)];
        for slice in schedule.iter().chain(&rest) {
            let Runner::Task(task) = slice.runner else { continue };
            let steps = slice.steps.unwrap_or(u32::MAX).min(left[task]);
            left[task] -= steps;
            trace.extend((0..steps).map(|_| task));
        }
        trace
    };
    let recorded = [turn(0, Some(2)), turn(0, Some(1)), turn(1, Some(4)), turn(0, Some(6))];
    let expected = run(&recorded);
    let simple = simplify_schedule(&recorded, &mut |schedule| run(schedule) == expected);
    assert_eq!(simple, [turn(0, Some(3)), turn(1, None)]);
}

#[test]
fn what_is_tried_is_valid_on_the_smallest_pages_too() {
    let mut bytes = [0; 512];
    for seed in 0..200 {
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        let mut case = crate::generate(&mut arbitrary::Unstructured::new(&bytes), &crate::Weights::default());
        case.geometry = crate::Geometry { page: 8, block: 4 };
        if !crate::mutate::fix(&mut case) {
            continue;
        }
        let mut tried = 0;
        shrink(
            &case,
            &mut |candidate| {
                assert!(candidate.validate().is_ok(), "{:?}\n{candidate}", candidate.validate());
                tried += 1;
                tried % 3 == 1
            },
            &mut |_| {},
        );
    }
}
