//! Places in a text.

/// The line, from 1, in which a byte of a text stands.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.char_indices()
        .take_while(|(at, _)| *at < byte)
        .filter(|(_, c)| *c == '\n')
        .count()
        + 1
}
