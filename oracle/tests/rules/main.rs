//! Every rule: a history that breaks it, and one that nearly does.

mod copies;
mod counts;
mod deep;
mod edges;
mod fixture;
mod homes;
mod looks;
mod losses;
mod old_blocks;
mod orders;
mod past_end;
mod reads;
mod regular;
mod returns;
mod sizes;
mod sources;
mod stops;
mod told;
mod touching;
mod truncates;
mod writes;
