//! The section of one verb.

use std::fmt::Write as _;
use std::time::Duration;

use crate::call::Surface;
use crate::scenario::reference::markdown::{code, fields, row};
use crate::scenario::verbs::key::When;
use crate::scenario::verbs::{Key, Kind, Need, Verb};

pub(super) fn verb_section(page: &mut String, verb: &Verb) {
    let _ = write!(page, "\n### {}\n\n{}", code(verb.name), verb.what);
    if let [only] = verb.providers {
        let _ = write!(page, " {} only.", only.title());
    }
    let surfaces: Vec<&str> = verb.surfaces.iter().map(|surface| surface.name()).collect();
    let _ = writeln!(page, "\n\nSurfaces: {}.", surfaces.join(", "));
    let _ = writeln!(page, "\n```yaml\n- {}\n```", verb.example);
    if !verb.keys.is_empty() {
        page.push_str(
            "\n| argument | type | default | meaning | example |\n|---|---|---|---|---|\n",
        );
    }
    for key in verb.keys {
        let name = code(key.name);
        let example = code(key.example);
        let cells = [
            &name,
            &kind(key),
            &default(key),
            &meaning(verb, key),
            &example,
        ];
        row(page, &cells.map(String::as_str));
    }
    if let Some(short) = verb.short {
        let _ = writeln!(page, "\nA value alone stands for {}.", code(short));
    }
    if !verb.one_of.is_empty() {
        let names: Vec<String> = verb.one_of.iter().map(|name| code(name)).collect();
        let _ = writeln!(page, "\nExactly one of {} must be given.", names.join(", "));
    }
    if !verb.fields.is_empty() {
        let everywhere = verb.is_behind() || verb.surfaces == [Surface::Provider];
        page.push_str(if everywhere {
            "\n"
        } else {
            "\nAt surface provider:\n\n"
        });
        fields(page, verb.fields);
    }
}

fn kind(key: &Key) -> String {
    match key.kind {
        Kind::Text => "text".to_owned(),
        Kind::NewSandbox | Kind::NewProcess => "new name".to_owned(),
        Kind::TextOrNull => "text or `null`".to_owned(),
        Kind::Sandbox => "name of a sandbox".to_owned(),
        Kind::Process => "name of a process".to_owned(),
        Kind::NewSession => "new name".to_owned(),
        Kind::Session => "name of a session".to_owned(),
        Kind::Duration(None) => "duration".to_owned(),
        Kind::Duration(Some((least, most))) => {
            format!("duration, {} to {}", short(least), short(most))
        }
        Kind::Whole(least, most) => format!("whole number, {least} to {most}"),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(_, words) => {
            let words: Vec<String> = words.iter().map(|word| code(word)).collect();
            words.join(", ")
        }
        Kind::Signal => "signal".to_owned(),
        Kind::Fault => "fault".to_owned(),
        Kind::Data => "data".to_owned(),
        Kind::Env => "mapping of names to text".to_owned(),
        Kind::Variables => "mapping of names to text or `null`".to_owned(),
        Kind::Json => "any JSON".to_owned(),
    }
}

/// A duration in hours or minutes where it is whole ones.
fn short(duration: Duration) -> String {
    match duration.as_secs() {
        0 if duration.is_zero() => "0".to_owned(),
        0 => format!("{duration:?}"),
        hours if hours % 3600 == 0 => format!("{}h", hours / 3600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        _ => format!("{duration:?}"),
    }
}

fn default(key: &Key) -> String {
    match key.need {
        Need::Required => "required".to_owned(),
        Need::RequiredUnless(flag) => format!("required unless {}", code(flag)),
        Need::Optional => String::new(),
        Need::Default(value) => code(value),
        Need::Implied(words) => words.to_owned(),
    }
}

fn meaning(verb: &Verb, key: &Key) -> String {
    let mut meaning = key.what.to_owned();
    match key.when {
        When::Always => {}
        When::With(other) => {
            let _ = write!(meaning, " Has a meaning beside {} only.", code(other));
        }
        When::Without(other) => {
            let _ = write!(meaning, " Not beside {}.", code(other));
        }
        When::Unless(other, word) => {
            let _ = write!(meaning, " Has no meaning with `{other}: {word}`.");
        }
    }
    if let [only] = key.providers {
        let _ = write!(meaning, " {} only.", only.title());
    }
    let lacks = |surface: &Surface| !key.surfaces.is_empty() && !key.surfaces.contains(surface);
    if verb.surfaces.iter().any(lacks) {
        let names: Vec<&str> = key.surfaces.iter().map(|surface| surface.name()).collect();
        let plural = if names.len() > 1 { "s" } else { "" };
        let _ = write!(meaning, " Surface{plural} {} only.", names.join(" and "));
    }
    meaning
}
