//! What is known: defects where the registry says that they are. It is compiled in.

use super::Cause;
use crate::judge::Signature;
use case::{Filesystem, Form};
use machine::DefectSet;

/// Whether a cause is known at this place: all defects of some alternative are known to be there.
#[must_use]
pub fn is_known(cause: &Cause, strategy: &str, filesystem: Filesystem, form: Form) -> bool {
    let is_here = |it: machine::Defect| it.record().scope.contains(strategy, filesystem, form);
    cause.sets().iter().any(|set| !set.is_empty() && set.iter().all(is_here))
}

/// Whether a finding with this cause is known. An embargo makes nothing known: the defect that it holds back is in the
/// registry.
#[must_use]
pub fn is_known_finding(cause: &Cause, signature: &Signature) -> bool {
    is_known_but(DefectSet::NONE, cause, signature)
}

/// The same, if nobody knew these defects.
#[must_use]
pub fn is_known_but(forgotten: DefectSet, cause: &Cause, signature: &Signature) -> bool {
    let Signature { strategy, filesystem, form, .. } = *signature;
    let remembered = cause.sets().iter().filter(|it| it.without(forgotten) == **it);
    is_known(&Cause::new(remembered.copied().collect()), strategy, filesystem, form)
}
