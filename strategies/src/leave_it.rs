//! `leave-it`: Piggin, 2007-02-04 11:22: better the deadlock than silent corruption that is hard to reproduce, for a machine that stands still
//! tells what happened. The baseline, with its deadlocks accepted; with whatever else it shows, it is not.

use machine::{Class, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "leave-it",
    what: "the baseline as it is, its deadlocks accepted",
    who: "Piggin, 2007-02-04 11:22",
    accepts: &[Class::Deadlock],
    ..crate::baseline::STRATEGY
};
