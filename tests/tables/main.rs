//! Holds the generated documents and tables to what they were generated from; `make tables` writes them anew.

mod coverage;
mod fuzzing_docs;
mod host_docs;
mod strategies_docs;
