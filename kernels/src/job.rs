//! What a guest is to do: the modules that it loads, and the programs that it runs.

use serde::{Deserialize, Serialize};

/// Where it is in the guest.
pub(crate) const PATH: &str = "/job.json";

/// What a guest is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Files of modules in the guest, in the order in which they are loaded.
    pub modules: Vec<String>,
    /// Programs with their arguments, run one after the other.
    pub commands: Vec<Vec<String>>,
}
