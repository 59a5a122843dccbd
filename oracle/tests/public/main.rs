//! What other page caches and filesystems did wrong, as public reports tell it: the history that they produced, which
//! the checker has to tell, and the one that a right kernel produces in the same case, which it has to pass. The cases
//! themselves are in `corpus/regression/public`.

mod content;
mod durability;
mod fixture;
mod returns;
mod sizes;
mod stops;
mod untold;
