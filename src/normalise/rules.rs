//! The table of rules, in the order in which they are applied.

/// A rule's name and the reason it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name in reports.
    pub name: &'static str,
    /// Why what it takes out is noise.
    pub why: &'static str,
}

/// Replaces the literals of `Transcript.literals`.
pub(super) const REFERENCE: Rule = Rule {
    name: "id-reference",
    why: "the provider makes a new id for every sandbox, session, artifact and upload URL; the \
          reference keeps which one it was, so a swapped id is still a difference",
};

/// Replaces times that lie within the run.
pub const TIME: Rule = Rule {
    name: "time-in-run",
    why: "two runs happen at different times; the format and the precision stay, and a time \
          outside of the run stays whole",
};

/// Replaces the whole value of the field `process`.
pub(super) const PROCESS: Rule = Rule {
    name: "process-reference",
    why: "a pid or command id is chosen anew each time; only the field that holds one is touched, \
          because elsewhere the same digits may be an exit code",
};

/// All built-in rules in their order. A step's own rules (`normalise:<as>` in reports) come
/// first, because their patterns are written against what the user saw.
pub const RULES: [Rule; 3] = [PROCESS, REFERENCE, TIME];
