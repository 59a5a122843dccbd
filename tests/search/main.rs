//! Hunts, what they are measured by, and how what they find is made small.

mod hunting;
mod planted;
mod shrinking;
