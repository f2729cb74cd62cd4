//! What E2B tells of a sandbox.

use cutover_base::secret::Secret;
use cutover_js::{Text, Value};

/// What E2B tells of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// `running` or `paused`; none where it does not say.
    pub state: Option<Text>,
    pub(super) domain: Option<Text>,
    pub(super) token: Option<Secret>,
}

impl Info {
    pub(super) fn read(told: &Value) -> Self {
        let text = |name| {
            let value = told.get(name).filter(|it| it.is_truthy());
            value.map(Value::to_js_string)
        };
        Self {
            state: text("state"),
            domain: text("domain"),
            token: text("envdAccessToken")
                .map(|it| Secret::new("a sandbox's access token", it.to_string_lossy())),
        }
    }
}
