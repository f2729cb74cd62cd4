//! Text for a terminal, of which only the colours can be obeyed.

use std::fmt;
use std::ops::Deref;

use anstyle::Style;
use cutover_base::unseen::is_unseen;

/// Stand around a style's parameters and behind what it colours while a page is made. They are no
/// characters, so that no text has them, and where one does, it gets a colour at most.
const BEGIN: char = '\u{fdd0}';
const TEXT: char = '\u{fdd1}';
const END: char = '\u{fdd2}';

/// A text without anything that a terminal obeys, but for the colours that `paint` gave it. There
/// is no other way to make one, so that nothing gets past it by accident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Painted(String);

/// A text in a style, for a page that becomes [`Painted`].
pub(crate) fn paint(style: Style, text: &str) -> String {
    let style = style.render().to_string();
    let parameters: Vec<&str> = style
        .split('m')
        .filter_map(|one| one.strip_prefix("\u{1b}["))
        .collect();
    format!("{BEGIN}{}{TEXT}{text}{END}", parameters.join(";"))
}

impl Painted {
    /// Takes a page: everything in it that a terminal would obey, or that nobody would see, is
    /// spelt out. Without `color` styles are left out.
    pub(crate) fn new(page: &str, color: bool) -> Self {
        let mut out = String::with_capacity(page.len());
        let mut rest = page;
        while let Some(at) = rest.find(|c: char| c != '\n' && is_unseen(c)) {
            let (before, behind) = rest.split_at(at);
            out.push_str(before);
            let mut chars = behind.chars();
            let unseen = chars.next().unwrap_or(END);
            rest = chars.as_str();
            match (unseen, style(rest)) {
                (BEGIN, Some((parameters, text))) => {
                    if color {
                        out.extend(["\u{1b}[", parameters, "m"]);
                    }
                    rest = text;
                }
                (END, _) if color => out.push_str("\u{1b}[0m"),
                (END, _) => {}
                (other, _) => out.extend(other.escape_default()),
            }
        }
        out.push_str(rest);
        Self(out)
    }

    /// The text, as it may be written to a terminal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A style's parameters and what is behind them; numbers only, whoever wrote them.
fn style(text: &str) -> Option<(&str, &str)> {
    let (parameters, behind) = text.split_once(TEXT)?;
    let is_style = parameters.len() <= 32
        && !parameters.is_empty()
        && parameters.bytes().all(|b| b.is_ascii_digit() || b == b';');
    is_style.then_some((parameters, behind))
}

impl Deref for Painted {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;

    use super::*;

    #[test]
    fn colours_are_ours_only() {
        let red = AnsiColor::Red.on_default().bold();
        let page = format!(
            "{}\n\u{1b}[31mx\u{9b}2J\u{202e}\u{fdd0}?25l\u{fdd1}y\u{200b}\u{e0041}\u{2028}",
            paint(red, "a\u{1b}]0;t\u{7}b")
        );
        let spelt =
            "\n\\u{1b}[31mx\\u{9b}2J\\u{202e}\\u{fdd0}?25l\\u{fdd1}y\\u{200b}\\u{e0041}\\u{2028}";
        let text = "a\\u{1b}]0;t\\u{7}b";
        assert_eq!(
            Painted::new(&page, true).as_str(),
            format!("\u{1b}[1;31m{text}\u{1b}[0m{spelt}")
        );
        assert_eq!(
            Painted::new(&page, false).as_str(),
            format!("{text}{spelt}")
        );
    }
}
