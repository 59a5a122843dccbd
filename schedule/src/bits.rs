//! Bit masks as sets of small numbers.

/// The numbers of the bits that are set, in order.
#[inline]
pub fn bits(mask: u32) -> impl Iterator<Item = u8> + use<> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let bit = rest.trailing_zeros() as u8;
            rest &= rest - 1;
            bit
        })
    })
}
