//! Tests of the text format: printing, both decoders, messages, and the document that describes it.

mod document;
mod mistakes;
mod random;
mod repairs;
mod round_trip;
mod speed;
mod validity;
