//! Which quirks this endpoint and its providers can be repaired of.

/// Their ids, in order. What each fix changes is in `docs/platform.md`.
pub const FIXES: [&str; 52] = [
    "Q04", "Q05", "Q06", "Q10", "Q15", "Q16", "Q17", "Q20", "Q21", "Q22", "Q23", "Q24", "Q25",
    "Q26", "Q27", "Q28", "Q29", "Q30", "Q31", "Q34", "Q35", "Q36", "Q37", "Q38", "Q39", "Q40",
    "Q41", "Q42", "Q49", "Q50", "Q51", "Q52", "Q53", "Q54", "Q56", "Q57", "Q58", "Q59", "Q60",
    "Q61", "Q63", "Q64", "Q68", "Q69", "Q75", "Q76", "Q89", "Q91", "Q92", "Q93", "Q95", "Q97",
];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use cutover_base::fixes::Mentions;

    use super::*;

    #[test]
    fn each_is_asked_for_somewhere_and_told_in_the_document() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let document = folder.join("../../docs/platform.md");
        // Where artifacts are kept is decided by whoever starts an endpoint.
        let sources = [folder.join("src"), folder.join("../../src/app/platform.rs")];
        let mentions = Mentions::find(&sources.each_ref().map(PathBuf::as_path), &document);
        let mentions = mentions.unwrap();
        assert!(mentions.asked.iter().eq(FIXES), "{:?}", mentions.asked);
        assert!(mentions.told.iter().eq(FIXES), "{:?}", mentions.told);
    }
}
