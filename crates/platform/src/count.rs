//! Counts in answers.

/// A count as a number of JavaScript. Nothing that is counted here comes near 2^32: bodies and files
/// are bounded far below.
pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
