//! The ledger as data.

use indexmap::IndexMap;
use jiff::civil::Date;

use crate::call::{Provider, Stack};
use crate::compare::ledger::inside::{LinePattern, LineRule};
use crate::compare::ledger::place::Place;
use crate::compare::verdict::{Effect, Gate};
use crate::scenario::field_path::FieldPath;
use crate::scenario::matcher::Matcher;

/// Everything known, in the order it was written.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Ids of entries with a shape that names no step on disk, with what is wrong. Empty until
    /// [`Ledger::against`] has looked at all scenarios.
    pub orphans: Vec<(String, String)>,
}

impl Ledger {
    /// The entry of an id.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Leaves of a file's entries only what is about all cases: shapes that name the scenarios of
    /// another folder, or some of them by a pattern, say nothing of the scenarios here.
    pub fn keep_wide_of(&mut self, file: &str) {
        for entry in self.entries.iter_mut().filter(|entry| entry.file == file) {
            entry.shapes.retain(|shape| shape.place.is_of_all_cases());
        }
        self.entries.retain(|entry| !entry.shapes.is_empty());
    }

    /// Titles by id.
    pub fn titles(&self) -> IndexMap<String, String> {
        self.entries
            .iter()
            .map(|entry| (entry.id.clone(), entry.title.clone()))
            .collect()
    }

    /// An id with its title: no report names one without the other.
    pub fn titled(&self, id: &str) -> String {
        match self.get(id) {
            Some(entry) => format!("{} ({id})", entry.title),
            None => format!("an entry that is no longer in the ledger ({id})"),
        }
    }
}

/// One known behaviour.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `Q27` or `L-001`.
    pub id: String,
    /// What it is, in one line.
    pub title: String,
    /// Difference or shared.
    pub kind: EntryKind,
    /// Who makes it so.
    pub cause: Cause,
    /// What going from `from` to `to` means.
    pub effect: Effect,
    /// The gate as it was written, for going from `from` to `to`.
    pub gate: Option<Gate>,
    /// Where and how it shows.
    pub shapes: Vec<Shape>,
    /// Why it is so.
    pub reason: String,
    /// What would end it.
    pub fix: Option<String>,
    /// Where it is discussed; an entry of one's own may have none.
    pub link: Option<String>,
    /// Who looks after it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// The file it stands in, as shown to the user.
    pub file: String,
    /// Line of the entry, from 1.
    pub line: usize,
}

impl Entry {
    /// Whether it is one of the user's own.
    pub fn is_own(&self) -> bool {
        self.id.starts_with("L-")
    }

    /// Whether its day is past.
    pub fn is_expired(&self, today: Date) -> bool {
        today > self.expires
    }
}

/// Whether the sides differ or share a behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The sides differ.
    Divergence,
    /// Both sides have it, and it survives the cutover.
    Shared,
    /// The sides differ in every call of a verb: looked at once for a run, and the verdict of no
    /// case.
    Standing,
}

impl EntryKind {
    /// The word in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Divergence => "divergence",
            Self::Shared => "shared",
            Self::Standing => "standing",
        }
    }
}

/// Who makes it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Cause {
    Platform,
    Mcp,
    Template,
    Provider,
    Wording,
}

impl Cause {
    /// The word in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Mcp => "mcp",
            Self::Template => "template",
            Self::Provider => "provider",
            Self::Wording => "wording",
        }
    }
}

/// Where an entry shows, and what each side gives there.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Which steps.
    pub place: Place,
    /// Which field.
    pub field: FieldPath,
    /// What the sides give.
    pub sides: ShapeSides,
    /// How the lines of both sides go together, for `inside`.
    pub lines: LineRule,
    /// Whether it speaks only where an earlier step of the case showed the same entry.
    pub follows: bool,
    /// Overrides the entry's.
    pub effect: Option<Effect>,
    /// Overrides the entry's.
    pub gate: Option<Gate>,
    /// Where it holds only.
    pub when: When,
    /// Line of the shape, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
}

/// What the sides give.
#[derive(Debug, Clone)]
pub enum ShapeSides {
    /// Of a divergence.
    Pair {
        /// One side.
        from: SideShape,
        /// The other.
        to: SideShape,
    },
    /// Of a shared behaviour.
    Both {
        /// The sides that have it; both sides of a run must be among them.
        sides: Vec<SideName>,
        /// What they give.
        value: ValueShape,
    },
}

/// A side and what it gives.
#[derive(Debug, Clone)]
pub struct SideShape {
    /// Who.
    pub side: SideName,
    /// What.
    pub value: ValueShape,
}

/// `provider[/stack]`; without a stack it fits every stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideName {
    /// The provider.
    pub provider: Provider,
    /// The stack.
    pub stack: Option<Stack>,
}

/// What a value must be like.
#[derive(Debug, Clone)]
pub enum ValueShape {
    /// Whatever it is; on one side only.
    Any,
    /// All operators hold.
    Matches(Matcher),
    /// The lines that differ match; the other side says `inside` too, or `absent`.
    Inside(LinePattern),
}

/// Narrows a shape; what is empty narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// Both sides' lanes are among these (`standin`, `live`, `recording`).
    pub lane: Vec<String>,
    /// The engine is among these.
    pub engine: Vec<String>,
    /// The run has all of these capabilities.
    pub has: Vec<String>,
    /// The provider's version is in this range.
    pub version: Option<VersionRange>,
}

/// `daytona < 0.230`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    /// Whose version.
    pub provider: Provider,
    /// `<`, `<=`, `>`, `>=` or `=`.
    pub operator: String,
    /// The version's numbers.
    pub version: Vec<u64>,
}
