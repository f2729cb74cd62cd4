//! What is repaired here.

/// The quirks that are repaired at E2B, beside those of the shell.
pub const FIXES: &[&str] = &[
    "Q05", "Q15", "Q27", "Q28", "Q34", "Q35", "Q36", "Q37", "Q49", "Q50", "Q51", "Q52", "Q53",
    "Q54", "Q56", "Q57", "Q58", "Q59", "Q61", "Q68", "Q69", "Q75", "Q76",
];
