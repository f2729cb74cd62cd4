//! Which quirks this server can be repaired of.

/// Their ids, in order. What each fix changes is in `docs/mcp.md`.
pub const FIXES: [&str; 20] = [
    "Q01", "Q02", "Q03", "Q07", "Q08", "Q09", "Q10", "Q11", "Q12", "Q13", "Q14", "Q15", "Q89",
    "Q90", "Q91", "Q92", "Q93", "Q94", "Q96", "Q97",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use cutover_base::fixes::Mentions;

    use super::*;

    #[test]
    fn each_is_asked_for_somewhere_and_told_in_the_document() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let document = folder.join("../../docs/mcp.md");
        let mentions = Mentions::find(&[&folder.join("src")], &document).unwrap();
        assert!(mentions.asked.iter().eq(FIXES), "{:?}", mentions.asked);
        assert!(mentions.told.iter().eq(FIXES), "{:?}", mentions.told);
    }
}
