//! The difference of two sides that vary from replay to replay: what is the same in every replay of
//! a side and differs between the sides, apart from what varies.

use std::time::Instant;

use bytes::Bytes;
use cutover_base::by_side::BySide;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use crate::compare::diff::{
    CONTEXT_LINES, DEADLINE, DiffLine, DiffSide, LINES_MAX, head, is_binary,
};
use crate::compare::diff_line::{apart, diff_line};
use crate::compare::verdict::Shown;

/// Values of a side that are held against each other.
const VALUES_MAX: usize = 5;

/// What stands for a line that varies, so that varying lines of both sides are aligned. No line
/// of a text has a zero byte.
const VARIES: &[u8] = b"\0";

/// A difference of several values on each side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aligned {
    /// What differs between the sides in every replay, with what surrounds it.
    pub entries: Vec<Entry>,
    /// Of each side the lines that vary.
    pub varying: BySide<Option<Varying>>,
    /// Whether anything was left out but unchanged lines.
    pub truncated: bool,
}

/// Lines of a side that vary from replay to replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varying {
    /// How many there are in the first value.
    pub count: usize,
    /// The first of them, and what stands in its place in another value, if anything.
    pub samples: Vec<DiffLine>,
}

/// An entry of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A line.
    Line(DiffLine),
    /// So many lines of this side, or of both, that vary from replay to replay.
    Varying(DiffSide, usize),
    /// Unchanged lines that are left out.
    Gap,
}

/// Aligns the values of both sides, source first. `None` when a side has none, when a value is no
/// text, and when nothing that is the same in every replay differs.
pub fn align(values: &BySide<Vec<&Shown>>) -> Option<Aligned> {
    let deadline = Instant::now() + DEADLINE;
    let mut truncated = values.iter().any(|(_, side)| side.len() > VALUES_MAX);
    let texts = values.as_ref().map(|side| -> Vec<Bytes> {
        let heads = side.iter().take(VALUES_MAX).map(|value| head(value));
        let whole = heads.map(|(head, is_cut)| {
            truncated |= is_cut;
            head
        });
        whole.collect()
    });
    let is_text = |side: &Vec<Bytes>| !side.is_empty() && !side.iter().any(|text| is_binary(text));
    if !texts.iter().all(|(_, side)| is_text(side)) {
        return None;
    }
    let lines = texts.as_ref().map(|side| of_text(&side[0]));
    let masked = BySide::from_fn(|side| mask(&lines[side], &texts[side][1..], deadline));
    let all = entries(&masked, deadline);
    let entries = around_changes(all, &mut truncated);
    let varying = BySide::from_fn(|side| {
        varying(side.into(), &masked[side], &lines[side], texts[side].get(1))
    });
    (!entries.is_empty()).then_some(Aligned {
        entries,
        varying,
        truncated,
    })
}

/// How many lines are masked, and the first of them with the one in its place in another value.
fn varying(
    who: DiffSide,
    masked: &[&[u8]],
    lines: &[&[u8]],
    other: Option<&Bytes>,
) -> Option<Varying> {
    let at = masked.iter().position(|line| *line == VARIES)?;
    let other = other.and_then(|text| of_text(text).into_iter().nth(at));
    let other = other.filter(|other| *other != lines[at]);
    let differs = other.map(|other| apart(lines[at], other));
    let mut samples = vec![diff_line(who, lines[at], differs.as_slice())];
    samples.extend(other.map(|other| diff_line(who, other, &[apart(other, lines[at])])));
    Some(Varying {
        count: masked.iter().filter(|line| **line == VARIES).count(),
        samples,
    })
}

fn of_text(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// The lines of a side's first value; those that are not in every other value stand masked.
fn mask<'t>(first: &[&'t [u8]], others: &[Bytes], deadline: Instant) -> Vec<&'t [u8]> {
    let mut kept = vec![true; first.len()];
    for other in others {
        let other = of_text(other);
        let ops = capture_diff_slices_deadline(Algorithm::Myers, first, &other, Some(deadline));
        let mut equal = vec![false; first.len()];
        for op in &ops {
            if let DiffOp::Equal { old_index, len, .. } = op {
                equal[*old_index..*old_index + *len].fill(true);
            }
        }
        for (kept, equal) in kept.iter_mut().zip(equal) {
            *kept &= equal;
        }
    }
    let lines = first.iter().zip(kept);
    lines
        .map(|(line, kept)| if kept { *line } else { VARIES })
        .collect()
}

/// The whole difference: lines, and runs of varying ones.
fn entries(masked: &BySide<Vec<&[u8]>>, deadline: Instant) -> Vec<Entry> {
    let (source, target) = (&masked.source, &masked.target);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, source, target, Some(deadline));
    let mut out = Vec::new();
    for op in &ops {
        let (old, new) = (&source[op.old_range()], &target[op.new_range()]);
        if let DiffOp::Equal { .. } = op {
            for line in old {
                push(&mut out, DiffSide::Both, line, None);
            }
            continue;
        }
        for (nth, line) in old.iter().enumerate() {
            push(&mut out, DiffSide::Source, line, new.get(nth).copied());
        }
        for (nth, line) in new.iter().enumerate() {
            push(&mut out, DiffSide::Target, line, old.get(nth).copied());
        }
    }
    out
}

fn push(out: &mut Vec<Entry>, side: DiffSide, line: &[u8], across: Option<&[u8]>) {
    if line != VARIES {
        let across = across.filter(|other| *other != VARIES);
        let apart = across.map(|other| apart(line, other));
        out.push(Entry::Line(diff_line(side, line, apart.as_slice())));
    } else if let Some(Entry::Varying(who, count)) = out.last_mut()
        && *who == side
    {
        *count += 1;
    } else {
        out.push(Entry::Varying(side, 1));
    }
}

/// The entries around lines that differ; nothing when there are none.
fn around_changes(all: Vec<Entry>, truncated: &mut bool) -> Vec<Entry> {
    let is_change =
        |entry: &Entry| matches!(entry, Entry::Line(line) if line.side != DiffSide::Both);
    let mut kept = vec![false; all.len()];
    for (at, _) in all.iter().enumerate().filter(|(_, entry)| is_change(entry)) {
        let from = at.saturating_sub(CONTEXT_LINES);
        let to = (at + CONTEXT_LINES + 1).min(all.len());
        kept[from..to].fill(true);
    }
    let mut out = Vec::new();
    let mut is_gap = false;
    for (entry, kept) in all.into_iter().zip(kept) {
        if !kept {
            is_gap = !out.is_empty();
            continue;
        }
        if out.len() >= LINES_MAX {
            *truncated = true;
            break;
        }
        if std::mem::take(&mut is_gap) {
            out.push(Entry::Gap);
        }
        out.push(entry);
    }
    out
}

#[cfg(test)]
mod tests {
    use cutover_base::blob::Blob;

    use super::*;

    fn shown(texts: &[&str]) -> Vec<Shown> {
        let one = |text: &&str| Shown::Bytes(Blob::from_bytes((*text).to_owned()));
        texts.iter().map(one).collect()
    }

    fn aligned(source: &[&str], target: &[&str]) -> Option<Aligned> {
        let (source, target) = (shown(source), shown(target));
        align(&BySide {
            source: source.iter().collect(),
            target: target.iter().collect(),
        })
    }

    fn told(aligned: &Aligned) -> Vec<String> {
        let told = aligned.entries.iter().map(|entry| match entry {
            Entry::Line(line) => format!("{:?} {}", line.side, line.text),
            Entry::Varying(side, count) => format!("{side:?} <{count}>"),
            Entry::Gap => "...".to_owned(),
        });
        told.collect()
    }

    #[test]
    fn what_varies_within_a_side_is_folded_and_what_differs_between_them_is_not() {
        let found = aligned(
            &["t 1\nt 2\nlang none\nend\n", "t 8\nt 9\nlang none\nend\n"],
            &["t 3\nt 4\nlang C\nend\n", "t 5\nt 6\nlang C\nend\n"],
        )
        .unwrap();
        assert_eq!(
            told(&found),
            ["Both <2>", "Source lang none", "Target lang C", "Both end"]
        );
        let sample = |varying: Option<Varying>| {
            let varying = varying.unwrap();
            let texts = varying.samples.iter().map(|line| line.text.clone());
            (varying.count, texts.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(sample(found.varying.source), (2, "t 1 t 8".to_owned()));
        assert_eq!(sample(found.varying.target), (2, "t 3 t 5".to_owned()));
    }

    #[test]
    fn one_side_may_vary_alone() {
        let found = aligned(&["1\n", "2\n", "3\n"], &["stable\n"]).unwrap();
        assert_eq!(told(&found), ["Source <1>", "Target stable"]);
        assert_eq!(found.varying.target, None);
    }

    #[test]
    fn where_all_that_differs_varies_there_is_nothing_to_align() {
        assert_eq!(aligned(&["a\n1\n", "a\n2\n"], &["a\n3\n", "a\n4\n"]), None);
        assert_eq!(aligned(&["\0\n", "1\n"], &["a\n"]), None, "no text");
        assert_eq!(aligned(&[], &["a\n"]), None);
    }

    #[test]
    fn far_changes_keep_what_surrounds_them_and_mark_what_is_left_out() {
        let same = "l\n".repeat(20);
        let source = [format!("1\na\n{same}b\n"), format!("2\na\n{same}b\n")];
        let target = [format!("3\nA\n{same}B\n"), format!("4\nA\n{same}B\n")];
        let texts = |side: &[String; 2]| [side[0].clone(), side[1].clone()];
        let (source, target) = (texts(&source), texts(&target));
        let found = aligned(&[&source[0], &source[1]], &[&target[0], &target[1]]).unwrap();
        let told = told(&found);
        assert_eq!(told.iter().filter(|entry| *entry == "...").count(), 1);
        assert_eq!(told.len(), 1 + 2 + 3 + 1 + 3 + 2);
        assert!(!found.truncated);
    }
}
