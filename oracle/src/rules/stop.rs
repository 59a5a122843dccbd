//! L1, L2, K1 and K2: the run stopped because of a deadlock, a livelock, an oops, or a crash of the code under test.

use super::Context;
use crate::finding::Finding;
use crate::{Class, CrashKind, Rule, Stop};

/// Turns the reason for a stop into a finding.
pub(super) fn check(context: &mut Context<'_>) {
    context.exercised.count(Rule::L1);
    context.exercised.count(Rule::L2);
    context.exercised.count(Rule::K1);
    context.exercised.count(Rule::K2);
    let Some(stop) = &context.history.stop else { return };
    let finding = match stop {
        Stop::Deadlock(deadlock) => {
            let waits =
                deadlock.cycle.iter().map(|it| format!("task {} holds {} and wants {}", it.task.0, it.holds, it.wants));
            let message = waits.collect::<Vec<_>>().join("; ");
            let mut finding = Finding::of(Rule::L1, Class::Deadlock, message);
            finding.operation = deadlock.cycle.first().map(|it| it.operation);
            finding.involved.extend(deadlock.cycle.iter().map(|it| it.operation));
            finding.step = Some(deadlock.step);
            finding.notation = Some(deadlock.notation);
            finding
        }
        Stop::Livelock { operation, step } => {
            let message = "the operation repeats itself without progress, and nothing is in its way".to_owned();
            let mut finding = Finding::of(Rule::L2, Class::Livelock, message).by(*operation);
            finding.step = Some(*step);
            finding
        }
        Stop::Oops { operation, what, step } => {
            let mut finding = Finding::of(Rule::K1, Class::Oops, (*what).to_owned()).by(*operation);
            finding.step = Some(*step);
            finding
        }
        Stop::Crashed(crashed) => {
            let class = match crashed.how {
                CrashKind::Panic => Class::Panic,
                CrashKind::StackOverflow => Class::StackOverflow,
                CrashKind::Hang => Class::Hang,
            };
            let mut finding = Finding::of(Rule::K2, class, crashed.what.clone()).by(crashed.operation);
            finding.step = Some(crashed.step);
            finding
        }
    };
    context.findings.push(finding);
}
