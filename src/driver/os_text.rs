//! Error texts of the operating system. Both daemons are Go programs that pass them on.

use crate::call::FailureClass;

/// Beginnings or ends do not matter: Go wraps these texts in its own.
const TEXTS: [(&str, FailureClass); 19] = [
    ("permission denied", FailureClass::Permission),
    ("operation not permitted", FailureClass::Permission),
    ("read-only file system", FailureClass::Permission),
    ("is a directory", FailureClass::IsDirectory),
    ("no space left on device", FailureClass::TooLarge),
    ("not enough disk space available", FailureClass::TooLarge),
    ("file too large", FailureClass::TooLarge),
    ("not a directory", FailureClass::Invalid),
    ("file exists", FailureClass::Invalid),
    ("file name too long", FailureClass::Invalid),
    ("directory not empty", FailureClass::Invalid),
    ("invalid argument", FailureClass::Invalid),
    ("too many levels of symbolic links", FailureClass::Invalid),
    ("no such device or address", FailureClass::Invalid),
    ("invalid cross-device link", FailureClass::Invalid),
    ("device or resource busy", FailureClass::Invalid),
    ("text file busy", FailureClass::Invalid),
    ("no such file or directory", FailureClass::NotFound),
    ("process already finished", FailureClass::NotFound),
];

/// The class of an operating-system error named at the end of a message: what failed was the
/// request, not the provider. Only the end is looked at, since a path may hold any words.
pub(crate) fn class_of(message: &str) -> Option<FailureClass> {
    let message = message.trim_end();
    TEXTS
        .iter()
        .find(|(text, _)| message.ends_with(text))
        .map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_message_tells_its_class() {
        let check = |text: &str, class| assert_eq!(class_of(text), class, "{text}");
        check(
            "/p: create: open /p: permission denied",
            Some(FailureClass::Permission),
        );
        check(
            "error renaming: rename a b: file exists",
            Some(FailureClass::Invalid),
        );
        check("open /no such file or directory/x: boom", None);
        check(
            "write /x: not enough disk space available",
            Some(FailureClass::TooLarge),
        );
    }
}
