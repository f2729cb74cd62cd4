//! The platform's sessions of a recording, by names that a scenario can have.

use std::collections::BTreeMap;

use crate::capture::tool_use::ToolUse;

/// Sessions that get names; calls of further ones keep the ids that they had.
const SESSIONS_MAX: usize = 50;

/// Their ids in the order in which they came; the first is the one that a case begins with.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    ids: Vec<String>,
    /// Those that the scenario has made already.
    made: usize,
    current: usize,
    /// The session in which a sandbox of a name was provisioned last.
    of_sandbox: BTreeMap<String, String>,
}

impl Sessions {
    /// The sessions of calls that were answered well, behind the one of the server's environment.
    pub(super) fn of(calls: &[ToolUse], environment: Option<&str>) -> Self {
        let said = calls.iter().filter(|call| !call.answer.is_failure());
        let said = said.filter_map(|call| call.text("session_id"));
        let mut sessions = Self {
            made: 1,
            ..Self::default()
        };
        for id in environment.into_iter().chain(said) {
            let fits = id.len() >= 4 && sessions.ids.len() < SESSIONS_MAX;
            if fits && !sessions.ids.iter().any(|had| had == id) {
                sessions.ids.push(id.to_owned());
            }
        }
        sessions
    }

    /// Whether an id is one of theirs.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.ids.iter().any(|had| had == id)
    }

    /// Notes where a sandbox was provisioned: in the session that was said, or the current one.
    pub(super) fn provisioned(&mut self, sandbox: &str, session: Option<&str>) {
        let session = session
            .map(str::to_owned)
            .or_else(|| self.ids.get(self.current).cloned());
        if let Some(session) = session {
            self.of_sandbox.insert(sandbox.to_owned(), session);
        }
    }

    /// Whether a call for a sandbox goes to this session also where it names none.
    pub(super) fn has(&self, sandbox: &str, session: &str) -> bool {
        self.of_sandbox
            .get(sandbox)
            .is_some_and(|had| had == session)
    }

    /// The current session's id in the recording.
    pub(super) fn current(&self) -> Option<&str> {
        self.ids.get(self.current).map(String::as_str)
    }

    /// The session that a call goes to by itself, other than the current one: where it names none,
    /// that of the server's environment, or of its sandbox.
    pub(super) fn unsaid(&self, call: &ToolUse, environment: Option<&str>) -> Option<usize> {
        if call.answer.is_failure() || call.text("session_id").is_some() {
            return None;
        }
        let of_sandbox = || {
            self.of_sandbox
                .get(call.text("sandbox_name")?)
                .map(String::as_str)
        };
        let id = match call.tool.as_str() {
            "provision" => environment,
            "upload_artifact" => environment.or_else(of_sandbox),
            _ => None,
        };
        let index = self.ids.iter().position(|had| Some(had.as_str()) == id)?;
        (index != self.current).then_some(index)
    }

    /// The session, other than the current one, that texts speak of, if it is one only.
    pub(super) fn other_in(&self, texts: &[&str]) -> Option<usize> {
        let is_in = |id: &String| texts.iter().any(|text| text.contains(id.as_str()));
        let mut found = self.ids.iter().enumerate().filter(|(_, id)| is_in(id));
        match (found.next(), found.next()) {
            (Some((index, _)), None) if index != self.current => Some(index),
            _ => None,
        }
    }

    /// The steps that make a session the current one.
    pub(super) fn switch(&mut self, to: usize) -> Vec<String> {
        let mut steps = Vec::new();
        while self.made <= to {
            steps.push(format!("create_session: {{ as: {} }}", name(self.made)));
            self.made += 1;
        }
        self.current = to;
        steps.push(format!("use_session: {}", name(to)));
        steps
    }
}

fn name(index: usize) -> String {
    match index {
        0 => "main".to_owned(),
        index => format!("session_{}", index + 1),
    }
}
