//! What is known when a target is built: what the witnesses show, and the embargoes. A target is run where there is no corpus.
#![no_std]

include!(concat!(env!("OUT_DIR"), "/known.rs"));
