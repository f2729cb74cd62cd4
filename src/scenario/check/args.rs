//! The arguments of a verb.

use std::path::Path;
use std::time::Duration;

use crate::call::{Surface, Verb};
use crate::scenario::check::data::data;
use crate::scenario::check::fields::Fields;
use crate::scenario::check::findings::{Findings, Namespace};
use crate::scenario::check::scalar;
use crate::scenario::model::{Action, EnvTemplate};
use crate::scenario::node::{Kind, Node, Position};
use crate::scenario::template::{DataTemplate, Template};

/// Signals that `send_signal` knows.
pub(crate) const SIGNALS: [&str; 16] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "CONT", "STOP",
];

/// The arguments of a verb: a mapping, or one value that is short for its main argument.
#[derive(Debug)]
pub(crate) struct Args<'n, 'f> {
    verb: Verb,
    at: Position,
    short: Option<(&'static str, &'n Node)>,
    fields: Option<Fields<'n>>,
    pub(crate) findings: &'f mut Findings,
    found_before: usize,
}

impl<'n, 'f> Args<'n, 'f> {
    pub(crate) fn open(
        verb: Verb,
        node: &'n Node,
        short: Option<&'static str>,
        keys: &[&str],
        findings: &'f mut Findings,
    ) -> Option<Self> {
        let found_before = findings.count();
        let is_short = !matches!(node.kind, Kind::Map(_) | Kind::Null | Kind::List(_));
        let (short, fields) = match short {
            Some(name) if is_short => (Some((name, node)), None),
            _ => {
                let mut known = keys.to_vec();
                known.extend(short.filter(|name| !keys.contains(name)));
                let what = format!("arguments of {verb}");
                (None, Some(Fields::open(node, what, &known, findings)?))
            }
        };
        Some(Self {
            verb,
            at: node.at,
            short,
            fields,
            findings,
            found_before,
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        match (&self.short, &self.fields) {
            (Some((short, node)), _) => (*short == name).then_some(*node),
            (None, fields) => fields.as_ref()?.get(name),
        }
    }

    pub(crate) fn entry(&self, name: &str) -> Option<(Position, &'n Node)> {
        self.fields.as_ref()?.entry(name)
    }

    pub(crate) fn required(&mut self, name: &str) -> Option<&'n Node> {
        let node = self.get(name);
        if node.is_none() {
            let message = format!("`{}` must have `{name}`", self.verb);
            self.findings.add(self.at, message);
        }
        node
    }

    pub(crate) fn template(&mut self, name: &str) -> Option<Template> {
        scalar::template(self.get(name)?, &format!("`{name}`"), self.findings)
    }

    pub(crate) fn template_required(&mut self, name: &str) -> Option<Template> {
        scalar::template(self.required(name)?, &format!("`{name}`"), self.findings)
    }

    pub(crate) fn template_or(&mut self, name: &str, default: &str) -> Option<Template> {
        match self.get(name) {
            None => Some(Template::literal(default)),
            Some(_) => self.template(name),
        }
    }

    pub(crate) fn sandbox(&mut self) -> Option<Template> {
        let at = self.get("sandbox_name").map_or(self.at, |node| node.at);
        let sandbox = self.template_or("sandbox_name", "main");
        self.uses_sandbox(sandbox.as_ref(), at);
        sandbox
    }

    pub(crate) fn uses_sandbox(&mut self, sandbox: Option<&Template>, at: Position) {
        if let Some(name) = sandbox.and_then(Template::as_literal) {
            self.findings.uses(Namespace::Sandbox, name, at);
        }
    }

    pub(crate) fn process(&mut self) -> Option<String> {
        let node = self.required("process")?;
        let name = scalar::name(node, "`process`", self.findings)?;
        self.findings.uses(Namespace::Process, &name, node.at);
        Some(name)
    }

    pub(crate) fn signal(&mut self) -> Option<String> {
        let node = self.required("signal")?;
        let word = scalar::text(node, "`signal`", self.findings)?.to_ascii_uppercase();
        let name = word.strip_prefix("SIG").unwrap_or(&word);
        if SIGNALS.contains(&name) {
            return Some(name.to_owned());
        }
        self.findings.unknown(node.at, "signal", name, &SIGNALS);
        None
    }

    pub(crate) fn env(&mut self) -> EnvTemplate {
        self.get("env")
            .map_or_else(Vec::new, |node| scalar::env(node, self.findings))
    }

    pub(crate) fn duration(&mut self, name: &str) -> Option<Duration> {
        let bounds = (Duration::from_millis(1), Duration::from_secs(24 * 3600));
        scalar::duration_within(self.get(name)?, &format!("`{name}`"), bounds, self.findings)
    }

    pub(crate) fn duration_required(&mut self, name: &str) -> Option<Duration> {
        scalar::duration(self.required(name)?, &format!("`{name}`"), self.findings)
    }

    pub(crate) fn boolean(&mut self, name: &str) -> bool {
        self.get(name).is_some_and(|node| {
            scalar::boolean(node, &format!("`{name}`"), self.findings).unwrap_or_default()
        })
    }

    pub(crate) fn data(&mut self, name: &str, folder: Option<&Path>) -> Option<DataTemplate> {
        data(self.get(name)?, folder, self.findings)
    }

    pub(crate) fn data_required(
        &mut self,
        name: &str,
        folder: Option<&Path>,
    ) -> Option<DataTemplate> {
        data(self.required(name)?, folder, self.findings)
    }

    /// Notes arguments that exist at surface provider only.
    pub(crate) fn provider_only(&mut self, names: &[&str]) {
        for name in names {
            if let Some((at, _)) = self.entry(name) {
                let what = format!(
                    "`{name}` of {} exists at surface {}",
                    self.verb,
                    Surface::Provider
                );
                self.findings.provider_only.push((at, what));
            }
        }
    }

    /// The action, unless a mistake was found in its arguments.
    pub(crate) fn done(self, action: Option<Action>) -> Option<Action> {
        action.filter(|_| self.findings.count() == self.found_before)
    }
}
