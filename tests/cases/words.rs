//! Looking for words in a rendered text.

/// Whether the words stand in the text, whatever the format did to white space, special characters
/// and long lines.
pub(crate) fn holds(text: &str, words: &str) -> bool {
    plain(text).contains(&plain(words))
}

/// The text without what Markdown, HTML and XML put around special characters, and with single
/// spaces.
fn plain(text: &str) -> String {
    const ENTITIES: [(&str, &str); 8] = [
        ("&#8203;", ""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    let decoded = ENTITIES
        .iter()
        .fold(text.to_owned(), |text, (entity, meant)| {
            text.replace(entity, meant)
        });
    decoded
        .replace('\\', "")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
