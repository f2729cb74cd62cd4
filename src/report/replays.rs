//! What the two sides showed in a field over all replays: a pair of values, values that vary from
//! replay to replay one by one, or what differs between the sides whatever varies within them.

use cutover_base::by_side::BySide;
use cutover_base::words::{by_count, counted};

use crate::compare::align::{Aligned, Entry, Varying, align};
use crate::compare::diff::DiffSide;
use crate::compare::verdict::{FieldVerdict, ObservedValue, Shown, Verdict};
use crate::report::lines::{Depth, Line};
use crate::report::long_line;
use crate::report::sides::{
    FOR_THE_REST, WHOLE_LINES_MAX, equal_lines_before, line_of, pair, replay_list, value_lines,
    whole_note, windowed,
};
use crate::report::values::{Preview, VALUE_BYTES_MAX, preview};

/// What the sides showed.
pub(crate) fn lines(field: &FieldVerdict, depth: Depth) -> Vec<Line> {
    if let ([source], [target]) = (&field.values.source[..], &field.values.target[..])
        && source.raw == target.raw
    {
        let shown = preview(&source.raw, VALUE_BYTES_MAX);
        return value_lines(DiffSide::Both, &shown, 0, depth);
    }
    // Equivalent values differ only before normalisation; all others are judged after it.
    let kept = field.verdict == Some(Verdict::Equivalent);
    let values = field.values.as_ref().map(|side| distinct(side, kept));
    match (&values.source[..], &values.target[..]) {
        ([source], [target]) if source != target => pair(source, target, depth),
        _ if is_short(field, depth) => one_by_one(field, depth),
        _ => match align(&values) {
            Some(aligned) => aligned_lines(aligned, depth),
            None => one_by_one(field, depth),
        },
    }
}

/// The values of a side as they were judged, each once.
fn distinct(side: &[ObservedValue], raw: bool) -> Vec<&Shown> {
    let mut values: Vec<&Shown> = Vec::new();
    for value in side {
        let normalised = value.normalised.as_ref().filter(|_| !raw);
        let judged = normalised.unwrap_or(&value.raw);
        if !values.contains(&judged) {
            values.push(judged);
        }
    }
    values
}

/// Whether the values that would be shown one by one are shown whole.
fn is_short(field: &FieldVerdict, depth: Depth) -> bool {
    let shown = field
        .values
        .iter()
        .flat_map(|(_, side)| side.iter().take(depth.values));
    let mut lines = 0;
    for value in shown {
        let preview = preview(&value.raw, VALUE_BYTES_MAX);
        lines += preview.text.lines().count();
        let is_long = |line: &str| line.chars().count() > depth.chars;
        if preview.cut.is_some() || preview.text.lines().any(is_long) || lines > WHOLE_LINES_MAX {
            return false;
        }
    }
    true
}

/// What differs in every replay, then how much varies, with an example.
fn aligned_lines(aligned: Aligned, depth: Depth) -> Vec<Line> {
    let Aligned {
        entries,
        varying: BySide { source, target },
        truncated,
    } = aligned;
    let entries = entries.into_iter().map(|entry| match entry {
        Entry::Line(line) => line_of(line, depth),
        Entry::Varying(who, count) => Line::new(
            who,
            format!(
                "⟨{} that {} from replay to replay⟩",
                counted(count, "line"),
                by_count(count, "varies", "vary")
            ),
        ),
        Entry::Gap => Line::new(DiffSide::Both, "..."),
    });
    let mut lines = windowed(entries.collect(), depth);
    if truncated {
        lines.push(Line::note(DiffSide::Both, "and more after this"));
    }
    for Varying { count, samples } in source.into_iter().chain(target) {
        let (of, vary) = (counted(count, "line"), by_count(count, "varies", "vary"));
        let labels = [
            format!("⟨{of} {vary}; one in the first replay:⟩ "),
            "⟨in another replay:⟩ ".to_owned(),
        ];
        for (label, line) in labels.into_iter().zip(samples) {
            lines.push(line_of(line, depth).labelled_by(&label));
        }
    }
    lines
}

/// A side that disagrees with itself has several values: the first of each side are shown.
fn one_by_one(field: &FieldVerdict, depth: Depth) -> Vec<Line> {
    let sides = [
        (DiffSide::Source, &field.values.source),
        (DiffSide::Target, &field.values.target),
    ];
    let values: Vec<(DiffSide, &ObservedValue, Preview)> = sides
        .into_iter()
        .flat_map(|(who, values)| {
            values
                .iter()
                .take(depth.values)
                .map(move |value| (who, value))
        })
        .map(|(who, value)| (who, value, preview(&value.raw, VALUE_BYTES_MAX)))
        .collect();
    let all: Vec<_> = values
        .iter()
        .map(|(_, _, shown)| shown.text.as_str())
        .collect();
    let skip = equal_lines_before(&all);
    let (alike, mut lines) = alike(&values, &all, skip, depth);
    let mut at = 0;
    for (who, of_side) in sides {
        let depth = Depth {
            lines: if of_side.len() > 1 {
                depth.run / 2
            } else {
                depth.lines
            },
            ..depth
        };
        for (_, value, preview) in values.iter().skip(at).take_while(|(w, ..)| *w == who) {
            if alike.contains(&at) {
                lines.extend(whole_note(who, preview, depth));
            } else {
                if of_side.len() > 1 {
                    let replays = replay_list(&value.replays);
                    lines.push(Line::new(who, format!("in {replays}:")));
                }
                lines.extend(value_lines(who, preview, skip, depth));
            }
            at += 1;
        }
        let more = of_side.len().saturating_sub(depth.values);
        if more > 0 {
            lines.push(Line::note(
                who,
                &format!("{} in other replays", counted(more, "more value")),
            ));
        }
    }
    lines
}

/// Values whose long lines begin alike, by their place, and the lines that show where they differ.
fn alike(
    values: &[(DiffSide, &ObservedValue, Preview)],
    texts: &[&str],
    skip: usize,
    depth: Depth,
) -> (Vec<usize>, Vec<Line>) {
    let firsts: Vec<_> = texts.iter().map(|text| text.lines().nth(skip)).collect();
    let Some(Some(first)) = firsts.first() else {
        return (Vec::new(), Vec::new());
    };
    let begins_alike = |other: &str| {
        first.chars().count() > depth.chars
            && long_line::equal_chars(first, other) + FOR_THE_REST > depth.chars
    };
    let places = firsts.iter().enumerate();
    let places = places.filter(|(_, text)| text.is_some_and(begins_alike));
    let alike: Vec<_> = places.map(|(at, _)| at).collect();
    let raw = alike.iter().map(|at| (values[*at].0, &values[*at].1.raw));
    match long_line::window(&raw.collect::<Vec<_>>()) {
        Ok(lines) if alike.len() > 1 => (alike, lines),
        _ => (Vec::new(), Vec::new()),
    }
}
