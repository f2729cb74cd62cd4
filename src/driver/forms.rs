//! Tables of the error forms that a provider has. An answer that stands in none is not the
//! provider's: a proxy, a load balancer or another service sent it, and the work was not done.

use crate::call::FailureClass;
use crate::driver::os_text;

/// What a form means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Means {
    /// This class.
    Class(FailureClass),
    /// What the operating system's words at the end say, else this class.
    Os(FailureClass),
}

/// One form: a code of the provider (an HTTP status or a word), the words, what they mean. `*` in
/// the words stands for any text.
pub(crate) type Form<C> = (C, &'static str, Means);

/// A form that means this class.
pub(crate) const fn is<C>(code: C, words: &'static str, class: FailureClass) -> Form<C> {
    (code, words, Means::Class(class))
}

/// A form whose end has the operating system's words; the class where these say nothing.
pub(crate) const fn os<C>(code: C, words: &'static str, class: FailureClass) -> Form<C> {
    (code, words, Means::Os(class))
}

/// The class of an answer whose form is in the table.
pub(crate) fn class_in<C: PartialEq>(
    table: &[Form<C>],
    code: &C,
    words: &str,
) -> Option<FailureClass> {
    let words = words.trim_end();
    let (_, _, means) = table
        .iter()
        .find(|(of, form, _)| of == code && fits(form, words))?;
    Some(match means {
        Means::Class(class) => *class,
        Means::Os(class) => os_text::class_of(words).unwrap_or(*class),
    })
}

/// Whether a text has a form in which `*` stands for any text.
fn fits(form: &str, text: &str) -> bool {
    let Some((first, rest)) = form.split_once('*') else {
        return form == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let mut rest = rest;
    while let Some((middle, after)) = rest.split_once('*') {
        let Some(found) = left.find(middle) else {
            return false;
        };
        left = &left[found + middle.len()..];
        rest = after;
    }
    left.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass as C;

    #[test]
    fn a_star_stands_for_any_text() {
        for (form, text, fit) in [
            ("a b", "a b", true),
            ("a b", "a b c", false),
            ("path * does not exist", "path '/x' does not exist", true),
            ("path * does not exist", "path does not exist", false),
            (
                "path * does not exist",
                "the path '/x' does not exist",
                false,
            ),
            ("*is busy", "it is busy", true),
            ("*is busy", "it is busy now", false),
            ("Sandbox * not found*", "Sandbox x not found. Try", true),
            ("Sandbox * not found*", "Sandbox not found", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(form, text), fit, "{form} / {text}");
        }
    }

    #[test]
    fn the_operating_systems_words_win_where_the_table_says_so() {
        let table: [Form<u16>; 2] = [
            (500, "error opening file*", Means::Os(C::Internal)),
            (404, "no such thing", Means::Class(C::NotFound)),
        ];
        let class = |status: u16, words: &str| class_in(&table, &status, words);
        let denied = "error opening file: open /x: permission denied\n";
        assert_eq!(class(500, denied), Some(C::Permission));
        assert_eq!(class(500, "error opening file: boom"), Some(C::Internal));
        assert_eq!(class(404, "no such thing"), Some(C::NotFound));
        assert_eq!(class(410, "no such thing"), None);
        assert_eq!(class(404, "Not Found"), None);
    }
}
