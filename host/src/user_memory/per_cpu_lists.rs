//! Sprays the per-CPU lists of free pages: each processor keeps a list of the pages that were freed there last, such as
//! those that a file has just lost, and allocates from its head. Pages that a whole program has sprayed are used only
//! after those.

use super::mappings::Reserved;
use super::transfer;
use crate::cell_size::PAGE;
use crate::marker::Marker;
use crate::refusal::Refusal;

/// Bytes to spray: more than the operations of a case free.
const LISTED: usize = 4 << 20;

/// Fills with [`Marker::Memory`] what the processor of the calling thread would allocate next. It uses a mapping of its
/// own, because an allocator might reuse the same pages each time and never free them.
///
/// # Errors
/// If there is no room for it.
pub(crate) fn spray_per_cpu_lists() -> Result<(), Refusal> {
    let memory = Reserved::new(LISTED)?;
    let start = memory.start();
    memory.map_anonymous(&(start..start + LISTED))?;
    let mut content = [0; PAGE];
    for page in 0..LISTED / PAGE {
        Marker::Memory { page: page as u32 }.fill(&mut content);
        transfer::put(start + page * PAGE, &content);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_sprayed_again_and_again() {
        for _ in 0..100 {
            assert_eq!(spray_per_cpu_lists(), Ok(()));
        }
    }
}
