//! Mends as a case writes them down.

use case::Case;
use machine::defect::mended_in;
use machine::{Defect, DefectSet};

/// Mends these defects in a case, beside those that it mends already. A name in the case that is no defect's stays as
/// it is: no machine takes it.
pub fn mend_too(case: &mut Case, defects: DefectSet) {
    let Ok(before) = mended_in(case) else { return };
    let all = before.union(defects);
    if all == DefectSet::ALL {
        case.mended = vec![Case::ALL_MENDED.to_owned()];
    } else if all != before {
        case.mended = all.iter().map(Defect::id).map(str::to_owned).collect();
    }
}
