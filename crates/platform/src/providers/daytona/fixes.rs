//! Which quirks are repaired here.

/// The quirks that are repaired for Daytona, beside those that one shell for every command repairs.
pub const FIXES: &[&str] = &[
    "Q15", "Q27", "Q28", "Q29", "Q30", "Q34", "Q35", "Q36", "Q37", "Q52", "Q53", "Q54", "Q56",
    "Q57", "Q58", "Q59", "Q60", "Q68", "Q69", "Q75", "Q76",
];
