//! S10: at rest every block has exactly one owner or is free, and none lies beyond the last page of its file.

use super::Context;
use crate::finding::Finding;
use crate::{BlockCensus, Class, FileId, Rule};

/// Takes the census, where there is one.
pub(super) fn check(context: &mut Context<'_>) {
    let Some(census) = &context.history.blocks else { return };
    context.exercised.count(Rule::S10);
    // If the count is right, all are blocks of the disk and none occurs twice, then no block lacks an owner either.
    let known = census.mapped.len() + census.free.len();
    let wrong = misplaced(census);
    if wrong.is_some() || known != census.total as usize {
        ownership(context, census, wrong);
    }
    past_end(context, census);
}

/// A block that is mapped twice, or mapped and free, or that is not on the disk.
fn misplaced(census: &BlockCensus) -> Option<u32> {
    let mapped = census.mapped.iter().map(|it| it.2);
    let mut all = mapped.chain(census.free.iter().copied()).enumerate();
    let mut seen = 0_u128;
    if census.total <= 128 {
        return all.map(|(_, block)| block).find(|&block| {
            if block >= census.total {
                return true;
            }
            let twice = seen >> block & 1 != 0;
            seen |= 1 << block;
            twice
        });
    }
    all.find_map(|(index, block)| {
        let mapped = census.mapped.iter().map(|it| it.2);
        let earlier = mapped.chain(census.free.iter().copied()).take(index);
        (block >= census.total || earlier.into_iter().any(|it| it == block)).then_some(block)
    })
}

fn ownership(context: &mut Context<'_>, census: &BlockCensus, wrong: Option<u32>) {
    let owner = |block: u32| census.mapped.iter().find(|it| it.2 == block);
    let (message, place) = match wrong {
        Some(block) if block >= census.total => (format!("the disk has no block {block}"), owner(block)),
        Some(block) => (format!("block {block} has two owners, or is free and owned"), owner(block)),
        None => {
            let known = |block: &u32| census.free.contains(block) || owner(*block).is_some();
            let lost = (0..census.total).find(|block| !known(block));
            (format!("block {} is neither free nor owned", lost.unwrap_or(census.total)), None)
        }
    };
    let mut finding = Finding::of(Rule::S10, Class::LeakedBlock, message);
    if let Some(&(file, logical, _)) = place {
        finding = finding.in_file(file, logical * census.block, (logical + 1) * census.block);
    }
    context.findings.push(finding);
}

fn past_end(context: &mut Context<'_>, census: &BlockCensus) {
    let page = context.history.page;
    for rest in context.history.rest.iter() {
        let end = rest.size.div_ceil(page) * page;
        let is_past = |it: &&(FileId, u32, u32)| it.0 == rest.file && it.1 * census.block >= end;
        let Some(&(file, logical, block)) = census.mapped.iter().find(is_past) else { continue };
        let message = format!("block {block} lies past the end of its file");
        let finding = Finding::of(Rule::S10, Class::LeakedBlock, message);
        return context.findings.push(finding.in_file(file, logical * census.block, (logical + 1) * census.block));
    }
}
