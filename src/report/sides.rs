//! What the two sides showed in a field, as labelled lines: both whole when they are short, else
//! the difference in a window around its beginning.

use cutover_base::words::{by_count, counted};

use crate::compare::diff::{DiffLine, DiffSide, DiffText, explain};
use crate::compare::verdict::Shown;
use crate::report::escape::NO_FINAL_NEWLINE;
use crate::report::lines::{Depth, Line};
use crate::report::long_line;
use crate::report::values::{Preview, VALUE_BYTES_MAX, preview};

/// Both sides are shown whole up to so many lines together.
pub(crate) const WHOLE_LINES_MAX: usize = 12;

/// Equal lines shown before the first difference of values that are shown one by one.
const CONTEXT_LINES: usize = 2;

/// A value of which more than one byte in so many is no text is shown as hex.
const TEXT_BYTES_PER_OTHER: usize = 10;

/// Equal lines that `compare::diff` keeps on either side of a change.
const DIFF_CONTEXT_LINES: usize = 3;

/// Characters of a long line that must be left for what differs.
pub(crate) const FOR_THE_REST: usize = 40;

/// What `compare::diff` writes at a line without its newline.
const DIFF_NO_NEWLINE: &str = " (no newline at the end)";

/// Two values that differ.
pub(crate) fn pair(source: &Shown, target: &Shown, depth: Depth) -> Vec<Line> {
    let previews = [
        preview(source, VALUE_BYTES_MAX),
        preview(target, VALUE_BYTES_MAX),
    ];
    let [one, other] = &previews;
    let fits = |preview: &Preview| {
        preview.cut.is_none()
            && preview
                .text
                .lines()
                .all(|l| l.chars().count() <= depth.chars)
    };
    let count = one.text.lines().count() + other.text.lines().count();
    let is_short = previews.iter().all(fits) && count <= WHOLE_LINES_MAX;
    let binary = is_binary(source) || is_binary(target);
    let is_alone = is_nothing(source) || is_nothing(target);
    let mut lines = if is_alone || (is_short && !binary) {
        let mut lines = value_lines(DiffSide::Source, one, 0, depth);
        lines.extend(value_lines(DiffSide::Target, other, 0, depth));
        return lines;
    } else {
        difference(source, target, depth)
    };
    if lines.is_empty() {
        let skip = equal_lines_before(&[&one.text, &other.text]);
        lines = value_lines(DiffSide::Source, one, skip, depth);
        lines.extend(value_lines(DiffSide::Target, other, skip, depth));
        return lines;
    }
    for (who, preview) in [(DiffSide::Source, one), (DiffSide::Target, other)] {
        lines.extend(whole_note(who, preview, depth));
    }
    lines
}

/// The lines of the difference; none when it cannot be shown as lines.
fn difference(source: &Shown, target: &Shown, depth: Depth) -> Vec<Line> {
    let mut text = explain(source, target);
    let first = |who| text.lines.iter().find(|line| line.side == who);
    let (one, other) = (first(DiffSide::Source), first(DiffSide::Target));
    if one.is_none() && other.is_none() {
        return Vec::new();
    }
    let crowded_out = match (one, other) {
        _ if !text.truncated => None,
        (None, _) => Some((DiffSide::Source, source)),
        (_, None) => Some((DiffSide::Target, target)),
        _ => None,
    };
    if let (Some(one), Some(other)) = (one, other)
        && one.emphasis.is_empty()
        && other.emphasis.is_empty()
        && long_line::equal_chars(&one.text, &other.text) + FOR_THE_REST > depth.chars
        && let Ok(lines) =
            long_line::window(&[(DiffSide::Source, source), (DiffSide::Target, target)])
    {
        return lines;
    }
    if crowded_out.is_some() && !is_binary(source) && !is_binary(target) {
        return Vec::new();
    }
    mark_missing_newline(&mut text, source, target);
    let truncated = text.truncated;
    let gaps = gaps(&text, source);
    let lines = text.lines.into_iter().enumerate().flat_map(|(at, line)| {
        let gap = gaps.contains(&at).then(|| Line::new(DiffSide::Both, "..."));
        gap.into_iter().chain([line_of(line, depth)])
    });
    let mut lines = windowed(lines.collect(), depth);
    if truncated {
        lines.push(Line::note(DiffSide::Both, "and more after this"));
    }
    if let Some((who, value)) = crowded_out {
        lines.extend(value_lines(who, &preview(value, VALUE_BYTES_MAX), 0, depth));
    }
    lines
}

/// A line of a difference, cut around what differs in it.
pub(crate) fn line_of(line: DiffLine, depth: Depth) -> Line {
    let before = line.before;
    let line = Line {
        who: line.side,
        text: line.text,
        emphasis: line.emphasis,
    };
    long_line::narrow(line, before, depth.chars)
}

/// Before which lines of a difference equal lines were left out. The difference does not say, but
/// keeps three lines on either side: six that do not follow each other in the value hide others.
fn gaps(text: &DiffText, source: &Shown) -> Vec<usize> {
    let whole = preview(source, VALUE_BYTES_MAX).text;
    let runs = text.lines.chunk_by(|a, b| a.side == b.side);
    let mut at = 0;
    let mut gaps = Vec::new();
    for run in runs {
        let is_inner = at > 0 && at + run.len() < text.lines.len();
        if run.len() == 2 * DIFF_CONTEXT_LINES && run[0].side == DiffSide::Both && is_inner {
            let lines: Vec<_> = run.iter().map(|line| line.text.as_str()).collect();
            if !whole.contains(&lines.join("\n")) {
                gaps.push(at + DIFF_CONTEXT_LINES);
            }
        }
        at += run.len();
    }
    gaps
}

/// Writes the missing newline as values do; only where it is missing, since a value may hold the
/// same words.
fn mark_missing_newline(text: &mut DiffText, source: &Shown, target: &Shown) {
    for (who, value) in [(DiffSide::Source, source), (DiffSide::Target, target)] {
        let Shown::Bytes(blob) = value else { continue };
        let max = usize::try_from(blob.len).unwrap_or(usize::MAX);
        let ends = |bytes: bytes::Bytes| bytes.last() == Some(&b'\n');
        if text.truncated || blob.head(max).map_or(true, ends) {
            continue;
        }
        let last = text.lines.iter_mut().rev().find(|line| line.side == who);
        if let Some(line) = last
            && let Some(body) = line.text.strip_suffix(DIFF_NO_NEWLINE)
        {
            line.text = format!("{body}{NO_FINAL_NEWLINE}");
        }
    }
}

/// The beginning of the lines, and of every run of one side.
pub(crate) fn windowed(lines: Vec<Line>, depth: Depth) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let total = lines.len();
    let (mut seen, mut run, mut hidden) = (0, 0, 0);
    let mut before = None;
    for line in lines {
        if out.len() >= depth.lines {
            break;
        }
        if before != Some(line.who) {
            close_run(&mut out, before, &mut hidden);
            run = 0;
        }
        before = Some(line.who);
        run += 1;
        seen += 1;
        if run > depth.run {
            hidden += 1;
        } else {
            out.push(line);
        }
    }
    close_run(&mut out, before, &mut hidden);
    if seen < total {
        let sentence = format!("{} of the difference", counted(total - seen, "more line"));
        out.push(Line::note(DiffSide::Both, &sentence));
    }
    out
}

fn close_run(out: &mut Vec<Line>, who: Option<DiffSide>, hidden: &mut usize) {
    if let (Some(who), 1..) = (who, *hidden) {
        out.push(Line::note(who, &counted(*hidden, "more line")));
    }
    *hidden = 0;
}

/// The beginning of one value, without the first lines.
pub(crate) fn value_lines(
    who: DiffSide,
    preview: &Preview,
    skip: usize,
    depth: Depth,
) -> Vec<Line> {
    let mut lines = Vec::new();
    if skip > 0 {
        lines.push(Line::note(
            who,
            &format!("{} before", counted(skip, "equal line")),
        ));
    }
    let max = depth.lines.min(WHOLE_LINES_MAX.max(depth.run));
    let shown = preview.text.lines().skip(skip).take(max);
    lines.extend(shown.map(|line| long_line::narrow(Line::new(who, line), 0, depth.chars)));
    let after = preview.text.lines().count().saturating_sub(skip + max);
    if after > 0 {
        lines.push(Line::note(who, &counted(after, "more line")));
    }
    lines.extend(whole_note(who, preview, depth));
    lines
}

/// How large a value is that is shown in part, and where the whole is.
pub(crate) fn whole_note(who: DiffSide, preview: &Preview, depth: Depth) -> Option<Line> {
    let (bytes, sha256) = preview.cut.as_ref()?;
    let whole = if depth.blobs {
        format!("the whole has {bytes} bytes: blobs/{sha256}")
    } else {
        format!("the whole has {bytes} bytes")
    };
    Some(Line::note(who, &whole))
}

/// Whether a value is nothing that people read as text.
fn is_binary(shown: &Shown) -> bool {
    let Shown::Bytes(blob) = shown else {
        return false;
    };
    let Ok(head) = blob.head(VALUE_BYTES_MAX) else {
        return false;
    };
    let invalid: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let is_control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\n' | b'\r' | b'\t' | 0x1b);
    let controls = head.iter().filter(is_control).count();
    // One odd byte in a short text is better read where it stands.
    let other = invalid + controls;
    other > 1 && other * TEXT_BYTES_PER_OTHER > head.len()
}

fn is_nothing(shown: &Shown) -> bool {
    match shown {
        Shown::Absent => true,
        Shown::Json(_) => false,
        Shown::Bytes(blob) => blob.len == 0,
    }
}

/// `replay 1`, `replays 1, 3`.
pub(crate) fn replay_list(replays: &[u32]) -> String {
    let numbers: Vec<_> = replays.iter().map(ToString::to_string).collect();
    let replays = by_count(replays.len(), "replay", "replays");
    format!("{replays} {}", numbers.join(", "))
}

/// How many lines at the beginning can be left out, because all values have them.
pub(crate) fn equal_lines_before(texts: &[&str]) -> usize {
    let Some((first, others)) = texts.split_first() else {
        return 0;
    };
    let mut others: Vec<_> = others.iter().map(|text| text.lines()).collect();
    let mut lines = first.lines();
    let mut equal = 0;
    loop {
        let line = lines.next();
        let same = others.iter_mut().all(|other| other.next() == line);
        if line.is_none() || !same {
            // Values that are the same to their end differ elsewhere, in what was cut.
            return if same {
                0
            } else {
                usize::saturating_sub(equal, CONTEXT_LINES)
            };
        }
        equal += 1;
    }
}
