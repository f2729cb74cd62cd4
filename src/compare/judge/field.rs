//! Judging one field over all replays of both sides.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use cutover_base::blob::{Blob, sha256_hex};
use cutover_base::by_side::BySide;
use cutover_base::limits::BLOB_INLINE_BYTES_MAX;

use crate::call::{FieldValue, Outcome};
use crate::compare::equality::{canonical, key, keys};
use crate::compare::fields::{FieldSpec, kind_name};
use crate::compare::judge::fingerprint::fingerprint;
use crate::compare::judge::input::CaseInput;
use crate::compare::ledger::{self, EntryKind, FieldPlace, Hit};
use crate::compare::pick::{is_plural, pick};
use crate::compare::verdict::{FieldVerdict, ObservedValue, Shown, Verdict};
use crate::compare::volatile::{Agreement, agree};
use crate::normalise::{Content, Normaliser};
use crate::scenario::model::Step;

/// Bytes of a text in which parts that are new in every replay are looked for.
const VOLATILE_BYTES_MAX: usize = 1024 * 1024;

/// What one side gave in one replay.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) replay: u32,
    pub(super) outcome: &'a Outcome,
    pub(super) normaliser: &'a Normaliser,
}

/// One value, ready to be compared.
struct Value {
    replay: u32,
    raw: Content,
    shown: Shown,
    canonical: Content,
    rules: Vec<String>,
}

/// Judges one field. `earlier` are the ids of the entries that earlier steps of the case showed.
///
/// # Errors
/// When the file of a spilled blob cannot be read: then nothing can be said.
pub(super) fn judge_field(
    input: &CaseInput<'_>,
    (id, step): (&str, &Step),
    (spec, all): (&FieldSpec, &[FieldSpec]),
    seen: &BySide<Vec<Seen<'_>>>,
    earlier: &BTreeSet<String>,
) -> io::Result<FieldVerdict> {
    let is_unread = spec.skip.is_some() || same_captures(spec, seen);
    let values = if is_unread {
        let plain = |seen: &Seen<'_>| uncompared(seen.replay, spec, seen.outcome);
        seen.as_ref().map(|side| side.iter().map(plain).collect())
    } else {
        let all_of = |side: &Vec<Seen<'_>>| values(step, spec, all, side);
        seen.as_ref().map(all_of).transpose()?
    };
    let mut field = FieldVerdict {
        path: Arc::from(spec.path.text.as_str()),
        verdict: None,
        not_compared: spec.skip.as_deref().map(Arc::from),
        kind: Arc::from(kind_name(&spec.kind)),
        values: values.as_ref().map(|side| Arc::new(observed(side))),
        rules: Vec::new(),
        quirk: None,
        differs_from: None,
        looks_like: None,
        effect: None,
        gate: None,
        fingerprint: None,
    };
    if field.not_compared.is_some() {
        return Ok(field);
    }
    let contents = values
        .as_ref()
        .map(|side| -> Vec<Content> { side.iter().map(|value| value.canonical.clone()).collect() });
    let keys = keys(&spec.kind, contents.as_ref().map(Vec::as_slice));
    let sets = keys
        .as_ref()
        .map(|keys| keys.iter().map(String::as_str).collect());
    // Raw equality comes before the rules: a fixed text that happens to look like a time of one
    // side's run is the same text on both.
    let raw: BTreeSet<String> = both(&values).map(|value| key(&value.raw)).collect();
    if raw.len() == 1 {
        field.verdict = Some(Verdict::Identical);
        return Ok(field);
    }
    let verdict = of_sets(&sets);
    if verdict == Verdict::Equivalent {
        field.verdict = Some(Verdict::Equivalent);
        field.rules = rules(&values, &field.kind);
        return Ok(field);
    }
    field.rules = rules(&values, "");
    let (path, kind) = (field.path.clone(), field.kind.clone());
    let place = [input.case_id, id, &path, &kind];
    field.fingerprint = Some(fingerprint(place, &sets));
    field.verdict = Some(verdict);
    ask_the_ledger(input, (id, step), earlier, spec, &mut field, &values, seen);
    if spec.normalised {
        ask_the_replays(place, &mut field, &values);
    }
    if field.verdict != Some(Verdict::NewDivergence) {
        field.looks_like = None;
    }
    Ok(field)
}

/// What all replays of both sides gave.
fn both<T>(sides: &BySide<Vec<T>>) -> impl Iterator<Item = &T> {
    sides.source.iter().chain(&sides.target)
}

/// Whether all replays of both sides captured the same bytes, known by their hash alone: then
/// nothing is read or normalised.
fn same_captures(spec: &FieldSpec, seen: &BySide<Vec<Seen<'_>>>) -> bool {
    let mut hashes = both(seen).map(|seen| match seen.outcome.fields.get(&spec.path.field) {
        Some(FieldValue::Bytes(blob)) if spec.path.below.is_none() => {
            Some((blob.len, blob.sha256.as_str()))
        }
        _ => None,
    });
    match hashes.next() {
        Some(Some(first)) => hashes.all(|hash| hash == Some(first)),
        _ => false,
    }
}

/// The verdict on the sets of normalised values when the raw ones are not all equal.
fn of_sets(BySide { source, target }: &BySide<BTreeSet<&str>>) -> Verdict {
    match (source.len(), target.len()) {
        (1, 1) if source == target => Verdict::Equivalent,
        (0 | 1, 0 | 1) => Verdict::NewDivergence,
        (0 | 1, _) => Verdict::UnstableTarget,
        (_, 0 | 1) => Verdict::UnstableSource,
        _ if source.is_disjoint(target) => Verdict::NewDivergence,
        _ => Verdict::Noise,
    }
}

/// Ledger first: where every value of each side fits a shape that speaks for the field, the
/// difference is known, whatever the sets look like.
fn ask_the_ledger(
    input: &CaseInput<'_>,
    (id, step): (&str, &Step),
    earlier: &BTreeSet<String>,
    spec: &FieldSpec,
    field: &mut FieldVerdict,
    values: &BySide<Vec<Value>>,
    seen: &BySide<Vec<Seen<'_>>>,
) {
    let place = FieldPlace {
        case: input.case_id,
        step: id,
        verb: step.action.verb(),
        field: &spec.path.text,
    };
    let hits = input
        .ledger
        .about(EntryKind::Divergence, &place, input.subjects);
    let compared = values.as_ref().map(|side| compared(side));
    let tails = seen.as_ref().map(|side| side.iter().map(tail).collect());
    let plural = is_plural(&spec.path);
    let in_order = |hit: &&Hit<'_>| !hit.shape.follows || earlier.contains(&hit.entry.id);
    let mut known = hits.iter().filter(in_order);
    if let Some(hit) = known.find(|hit| hit.fits_with(&compared, &tails, plural)) {
        field.verdict = Some(Verdict::KnownDivergence);
        field.quirk = Some(hit.entry.id.clone());
        field.effect = Some(hit.effect());
        field.gate = Some(hit.gate(input.today()));
        return;
    }
    let narrow = hits.iter().find(|hit| !hit.shape.place.is_wide());
    field.differs_from = narrow.map(|hit| hit.entry.id.clone());
    if field.differs_from.is_none() && field.verdict == Some(Verdict::NewDivergence) {
        let like = input
            .ledger
            .looks_like(&spec.path.text, &compared, input.subjects);
        field.looks_like = like.map(|entry| entry.id.clone());
    }
}

/// What the ledger does not explain may be new in every replay by its nature: then the replays prove
/// that nothing else differs, or show what does; or else nothing can be said.
fn ask_the_replays(place: [&str; 4], field: &mut FieldVerdict, values: &BySide<Vec<Value>>) {
    if !matches!(field.verdict, Some(Verdict::NewDivergence | Verdict::Noise)) {
        return;
    }
    let Some(texts) = texts(values) else {
        return;
    };
    match agree(&texts) {
        Agreement::Volatile(rules) => {
            field.verdict = Some(Verdict::Equivalent);
            field.rules.extend(rules.into_iter().map(str::to_owned));
            (field.fingerprint, field.differs_from) = (None, None);
        }
        Agreement::Stable(texts, rules) => {
            let sets = texts.map(|text| sha256_hex(&text));
            let sets = sets.as_ref().map(|hash| BTreeSet::from([hash.as_str()]));
            field.verdict = Some(Verdict::NewDivergence);
            field.rules.extend(rules.into_iter().map(str::to_owned));
            field.fingerprint = Some(fingerprint(place, &sets));
        }
        Agreement::No if is_always_new(&texts) => field.verdict = Some(Verdict::Noise),
        Agreement::No => {}
    }
}

/// The values as texts, if all are texts of a size that is looked into.
fn texts(values: &BySide<Vec<Value>>) -> Option<BySide<Vec<&[u8]>>> {
    fn text(value: &Value) -> Option<&[u8]> {
        match &value.canonical {
            Content::Bytes(bytes) if bytes.len() <= VOLATILE_BYTES_MAX => Some(bytes),
            _ => None,
        }
    }
    let source: Option<Vec<&[u8]>> = values.source.iter().map(text).collect();
    let target: Option<Vec<&[u8]>> = values.target.iter().map(text).collect();
    Some(BySide {
        source: source?,
        target: target?,
    })
}

/// Whether no two replays of either side said the same.
fn is_always_new(texts: &BySide<Vec<&[u8]>>) -> bool {
    let all: BTreeSet<&[u8]> = both(texts).copied().collect();
    let replays = texts.source.len() + texts.target.len();
    all.len() == replays && texts.iter().all(|(_, side)| side.len() > 1)
}

/// How many lines at the end of the output are standard error: who keeps the streams apart gives
/// standard output first.
fn tail(seen: &Seen<'_>) -> Option<usize> {
    match seen.outcome.fields.get("stderr") {
        Some(FieldValue::Bytes(blob)) => ledger::lines(blob),
        _ => None,
    }
}

fn values(
    step: &Step,
    spec: &FieldSpec,
    all: &[FieldSpec],
    side: &[Seen<'_>],
) -> io::Result<Vec<Value>> {
    side.iter()
        .map(|seen| {
            let field = seen.outcome.fields.get(&spec.path.field);
            let picked = pick(spec, all, seen.outcome, seen.normaliser, &step.normalise)?;
            let shown = match field {
                // The captured blob itself, so that large values are not copied.
                Some(FieldValue::Bytes(blob)) if spec.path.below.is_none() => {
                    Shown::Bytes(blob.clone())
                }
                _ => shown(&picked.raw),
            };
            let (content, rules) = picked.normalised.into_parts();
            Ok(Value {
                replay: seen.replay,
                raw: picked.raw,
                shown,
                canonical: canonical(&spec.kind, content),
                rules,
            })
        })
        .collect()
}

/// A value that is only shown: nothing is read or normalised for it.
fn uncompared(replay: u32, spec: &FieldSpec, outcome: &Outcome) -> Value {
    let shown = match spec.path.find(outcome) {
        crate::scenario::Found::Absent => Shown::Absent,
        crate::scenario::Found::Bytes(blob) => Shown::Bytes(blob.clone()),
        crate::scenario::Found::Json(value) => Shown::Json(value.clone()),
        crate::scenario::Found::Several(values) => {
            Shown::Json(values.into_iter().cloned().collect())
        }
    };
    let raw = match &shown {
        Shown::Absent => Content::Absent,
        Shown::Json(value) => Content::Json(value.clone()),
        Shown::Bytes(blob) => Content::Large {
            len: blob.len,
            sha256: blob.sha256.clone(),
        },
    };
    Value {
        replay,
        canonical: raw.clone(),
        raw,
        shown,
        rules: Vec::new(),
    }
}

fn shown(content: &Content) -> Shown {
    match content {
        Content::Absent => Shown::Absent,
        Content::Json(value) => Shown::Json(value.clone()),
        Content::Bytes(bytes) => Shown::Bytes(Blob::from_bytes(bytes.clone())),
        // Only captured blobs are large, and they are shown as themselves.
        Content::Large { .. } => Shown::Absent,
    }
}

/// The compared values as the ledger sees them.
fn compared(side: &[Value]) -> Vec<Shown> {
    side.iter()
        .map(|value| match &value.canonical {
            Content::Large { .. } => value.shown.clone(),
            content if *content == value.raw => value.shown.clone(),
            content => shown(content),
        })
        .collect()
}

/// Distinct raw values with the replays that showed them. A normalised value beyond 64 KiB is
/// not kept: the rules are named, and the report shows the raw one.
fn observed(side: &[Value]) -> Vec<ObservedValue> {
    let mut out: Vec<(String, ObservedValue)> = Vec::new();
    for value in side {
        let raw = key(&value.raw);
        if let Some((_, had)) = out.iter_mut().find(|(key, _)| *key == raw) {
            had.replays.push(value.replay);
            continue;
        }
        let small = match &value.canonical {
            Content::Bytes(bytes) => bytes.len() <= BLOB_INLINE_BYTES_MAX,
            Content::Large { .. } => false,
            Content::Absent | Content::Json(_) => true,
        };
        let changed = small && key(&value.canonical) != raw;
        let observed = ObservedValue {
            raw: value.shown.clone(),
            normalised: changed.then(|| shown(&value.canonical)),
            replays: vec![value.replay],
        };
        out.push((raw, observed));
    }
    // Collected in place, the list would keep the room that the keys took.
    let mut values = Vec::with_capacity(out.len());
    values.extend(out.into_iter().map(|(_, observed)| observed));
    values
}

/// Names of the rules that changed a value, and of the kind when it alone made values equal.
fn rules(values: &BySide<Vec<Value>>, kind: &str) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for rule in both(values).flat_map(|value| &value.rules) {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    let by_kind = kind.starts_with("lines") || kind.starts_with("within") || kind == "class";
    if !kind.is_empty() && (rules.is_empty() || by_kind) {
        rules.push(kind.to_owned());
    }
    rules
}
