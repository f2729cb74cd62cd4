//! What `tools/list` says: the four tools, their arguments and what they are for.

use std::sync::Arc;

use cutover_base::fixes::Fixes;
use rmcp::model::Tool;
use serde_json::{Map, Value, json};

struct Listed {
    name: &'static str,
    about: &'static str,
    required: &'static [&'static str],
    /// Every argument is a text.
    arguments: &'static [(&'static str, &'static str)],
}

const SESSION: &str = "Your session's id: copy the text between <lap_session_id> tags in your \
    context as it stands, not a variable such as ${LAP_SESSION_ID}.";

const SANDBOX: &str = "The name that was given to provision, for example 'main'.";

const LISTED: [Listed; 4] = [
    Listed {
        name: "provision",
        about: "Create a sandbox for this session, or find the one of this name. Always pass \
            session_id: only then does the sandbox get your agent's environment, GITHUB_TOKEN \
            for example.",
        required: &["name"],
        arguments: &[
            (
                "name",
                "What later calls call the sandbox. Use 'main' if unsure.",
            ),
            ("session_id", SESSION),
        ],
    },
    Listed {
        name: "execute",
        about: "Run a shell command in a sandbox of this session and return its output.",
        required: &["sandbox_name", "cmd"],
        arguments: &[("sandbox_name", SANDBOX), ("cmd", "The shell command.")],
    },
    Listed {
        name: "read_file",
        about: "Return the text of a file in a sandbox of this session. Read a large file in \
            slices.",
        required: &["sandbox_name", "path"],
        arguments: &[
            ("sandbox_name", SANDBOX),
            ("path", "The file's absolute path in the sandbox."),
            (
                "session_id",
                "Your session's id, from <lap_session_id> in your context. Required where the \
                    server has no SESSION_ID of its own.",
            ),
        ],
    },
    Listed {
        name: "upload_artifact",
        about: "Store a file of a sandbox durably and return a link to it, valid for 7 days: for \
            a picture, a PDF or a table that others shall see. Do not use imgur, 0x0.st, \
            transfer.sh, catbox or their like.",
        required: &["sandbox_name", "path"],
        arguments: &[
            ("sandbox_name", SANDBOX),
            ("path", "The file's absolute path in the sandbox."),
            (
                "name",
                "The artifact's file name; without it, the last part of path.",
            ),
            ("session_id", SESSION),
        ],
    },
];

/// The tools in the order in which they are told. Where `execute` takes a session (Q02, Q08) its
/// schema says so.
pub(crate) fn tools(fixes: &Fixes) -> Vec<Tool> {
    let session = fixes.has("Q02") || fixes.has("Q08");
    LISTED
        .iter()
        .map(|listed| {
            let more = (session && listed.name == "execute").then_some(("session_id", SESSION));
            let arguments = listed.arguments.iter().copied().chain(more);
            let properties: Map<String, Value> = arguments
                .map(|(name, about)| {
                    let property = json!({ "type": "string", "description": about });
                    (name.to_owned(), property)
                })
                .collect();
            let mut schema = Map::new();
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("properties".to_owned(), Value::Object(properties));
            schema.insert("required".to_owned(), json!(listed.required));
            Tool::new(listed.name, listed.about, Arc::new(schema))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of tools with those of their arguments.
    fn named(fixes: &Fixes) -> Vec<(String, Vec<String>)> {
        let named = tools(fixes).into_iter().map(|tool| {
            let properties = tool.input_schema["properties"].as_object().unwrap();
            (tool.name.to_string(), properties.keys().cloned().collect())
        });
        named.collect()
    }

    #[test]
    fn execute_names_its_session_where_it_takes_one() {
        let before = named(&Fixes::none());
        let mut after = named(&Fixes::all());
        assert_eq!(before[1].1, ["sandbox_name", "cmd"]);
        assert_eq!(after[1].1.pop().as_deref(), Some("session_id"));
        assert_eq!(before, after);
    }
}
