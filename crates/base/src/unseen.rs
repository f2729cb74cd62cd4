//! Characters that nobody sees, or that move what is seen.

/// Whether a character shows nothing, looks like a space without being one, or changes the
/// direction or the look of what follows: controls (C0, C1), marks of direction, joiners, fillers,
/// selectors of variation, tags, separators of lines and paragraphs, and what is no character.
/// Whoever shows text to people spells these out. The newline is one of them.
pub const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_left_and_what_is_not_is_named() {
        for c in "aZ09 ~äß€漢字😀ש·⟨".chars() {
            assert!(!is_unseen(c), "{c:?}");
        }
        for c in "\0\u{1b}\n\r\t\u{7f}\u{80}\u{9b}\u{a0}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{202e}\
                  \u{2028}\u{2029}\u{2066}\u{2060}\u{fe0f}\u{feff}\u{fffe}\u{1ffff}\u{e0041}\u{e0100}\u{3164}"
            .chars()
        {
            assert!(is_unseen(c), "{}", c.escape_unicode());
        }
    }
}
