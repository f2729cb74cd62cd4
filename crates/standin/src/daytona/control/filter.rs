//! The filters of a list (contract 1.5).

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::daytona::asked::Asked;
use crate::daytona::control::ApiError;
use crate::daytona::sandbox::Sandbox;
use crate::daytona::state::WORDS;

/// Sandbox classes that may be asked for; all sandboxes here are containers.
const CLASSES: [&str; 4] = ["container", "linux-vm", "android", "windows"];

/// Filters of newer services that the stand-in has not: ignoring one would show too much.
const REFUSED: [&str; 2] = ["minGpu", "maxGpu"];

/// What a sandbox must be to be shown.
#[derive(Debug)]
pub(super) struct Filter {
    id: String,
    name: String,
    labels: Map<String, Value>,
    states: Vec<String>,
    snapshots: Vec<String>,
    regions: Vec<String>,
    classes: Vec<String>,
    cpu: Range<i64>,
    memory: Range<i64>,
    disk: Range<i64>,
    created: Range<Timestamp>,
    last_event: Range<Timestamp>,
    destroy_at: Range<Timestamp>,
    public: Option<bool>,
    recoverable: Option<bool>,
    errored_deleted: bool,
}

/// Bounds that belong to it.
#[derive(Debug)]
struct Range<T> {
    from: Option<T>,
    to: Option<T>,
}

impl<T: PartialOrd + Copy> Range<T> {
    fn has(&self, value: T) -> bool {
        self.from.is_none_or(|from| value >= from) && self.to.is_none_or(|to| value <= to)
    }

    const fn open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

impl Filter {
    /// Reads the filters of a query; several of a kind are any of them.
    ///
    /// # Errors
    /// 400 with the validator's sentence.
    pub(super) fn read(asked: &Asked) -> Result<Self, ApiError> {
        for name in REFUSED {
            if asked.param(name).is_some() {
                return Err(ApiError::not_implemented(&format!(
                    "the list filter `{name}`"
                )));
            }
        }
        let whole = |name: &str| whole(asked, name);
        let time = |name: &str| time(asked, name);
        Ok(Self {
            id: asked.param("id").unwrap_or_default().to_lowercase(),
            name: asked.param("name").unwrap_or_default().to_lowercase(),
            labels: labels(asked)?,
            states: words(asked, "states", &WORDS)?,
            snapshots: several(asked, "snapshots"),
            regions: several(asked, "regionIds"),
            classes: words(asked, "sandboxClasses", &CLASSES)?,
            cpu: Range {
                from: whole("minCpu")?,
                to: whole("maxCpu")?,
            },
            memory: Range {
                from: whole("minMemoryGiB")?,
                to: whole("maxMemoryGiB")?,
            },
            disk: Range {
                from: whole("minDiskGiB")?,
                to: whole("maxDiskGiB")?,
            },
            created: Range {
                from: time("createdAtAfter")?,
                to: time("createdAtBefore")?,
            },
            last_event: Range {
                from: time("lastEventAfter")?,
                to: time("lastEventBefore")?,
            },
            destroy_at: Range {
                from: time("autoDestroyAtAfter")?,
                to: time("autoDestroyAtBefore")?,
            },
            public: flag(asked, "isPublic")?,
            recoverable: flag(asked, "isRecoverable")?,
            errored_deleted: flag(asked, "includeErroredDeleted")?.unwrap_or(false),
        })
    }

    /// Whether a sandbox is shown.
    pub(super) fn takes(&self, sandbox: &Sandbox) -> bool {
        let facts = sandbox.facts();
        let fixed = &sandbox.fixed;
        let any = |wanted: &[String], word: &str| {
            wanted.is_empty() || wanted.iter().any(|other| other == word)
        };
        let snapshot = fixed.snapshot.as_deref().unwrap_or_default();
        // One that failed and is on its way out is shown only on demand.
        let hidden = facts.error.is_some() && facts.state.desired() == "destroyed";
        fixed.id.to_lowercase().starts_with(&self.id)
            && facts.name.to_lowercase().starts_with(&self.name)
            && self
                .labels
                .iter()
                .all(|(key, value)| facts.labels.get(key) == Some(value))
            && any(&self.states, facts.state.word())
            && any(&self.snapshots, snapshot)
            && any(&self.regions, &fixed.target)
            && any(&self.classes, "container")
            && self.cpu.has(facts.resources.cpu)
            && self.memory.has(facts.resources.memory)
            && self.disk.has(facts.resources.disk)
            && self.created.has(fixed.created_at)
            && self.last_event.has(facts.last_activity_at)
            && (self.destroy_at.open()
                || facts.destroy_at.is_some_and(|at| self.destroy_at.has(at)))
            && self.public.is_none_or(|public| public == facts.public)
            && !self.recoverable.unwrap_or(false)
            && (self.errored_deleted || !hidden)
    }
}

fn labels(asked: &Asked) -> Result<Map<String, Value>, ApiError> {
    let Some(text) = asked.param("labels").filter(|text| !text.is_empty()) else {
        return Ok(Map::new());
    };
    serde_json::from_str(&text).map_err(|_| ApiError::bad("labels must be a json string"))
}

fn several(asked: &Asked, name: &str) -> Vec<String> {
    let given = asked.params(name);
    let words = given.iter().flat_map(|text| text.split(','));
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn words(asked: &Asked, name: &str, known: &[&str]) -> Result<Vec<String>, ApiError> {
    let words = several(asked, name);
    if words.iter().any(|word| !known.contains(&word.as_str())) {
        let known: Vec<&str> = known
            .iter()
            .copied()
            .filter(|word| *word != "destroyed")
            .collect();
        let known = known.join(", ");
        let message = format!("each value must be one of the following values: {known}");
        return Err(ApiError::bad(message));
    }
    Ok(words)
}

fn whole(asked: &Asked, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = asked.param(name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if number >= 1 => Ok(Some(number)),
        Ok(_) => Err(ApiError::bad(format!("{name} must not be less than 1"))),
        Err(_) => Err(ApiError::bad(format!("{name} must be an integer number"))),
    }
}

fn time(asked: &Asked, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = asked.param(name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let day = || format!("{text}T00:00:00Z").parse();
    let time = text.parse().or_else(|_| day());
    time.map(Some)
        .map_err(|_: jiff::Error| ApiError::bad(format!("{name} must be a Date instance")))
}

fn flag(asked: &Asked, name: &str) -> Result<Option<bool>, ApiError> {
    match asked.param(name).as_deref() {
        None | Some("") => Ok(None),
        // Python writes `True`.
        Some("true" | "True" | "1") => Ok(Some(true)),
        Some("false" | "False" | "0") => Ok(Some(false)),
        Some(_) => Err(ApiError::bad(format!("{name} must be a boolean value"))),
    }
}
