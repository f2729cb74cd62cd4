//! The secrets of the test, and how the program gets to know them.

/// A secret: the environment variable that holds it, its name in the settings if it is a user's
/// own, its value, and what of it must not be read anywhere.
pub(crate) struct Known {
    pub(crate) variable: &'static str,
    pub(crate) own: Option<&'static str>,
    pub(crate) value: &'static str,
    pub(crate) sought: &'static str,
}

const fn of(variable: &'static str, own: Option<&'static str>, value: &'static str) -> Known {
    Known {
        variable,
        own,
        value,
        sought: value,
    }
}

pub(crate) const TOKEN: &str = "e2b_9f3c1d70b5a84e62c0ffee5566778899aabbccdd";

/// A line of the key is as secret as the whole.
const PEM_BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

pub(crate) const SECRETS: [Known; 8] = [
    of("E2B_API_KEY", None, TOKEN),
    of(
        "DAYTONA_API_KEY",
        None,
        "dtn_5b1e8d4c7a290f36e1d2c3b4a5968778695a4b3c2d1e0f0a1b2c3d4e5f607182",
    ),
    of(
        "DAYTONA_JWT_TOKEN",
        None,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_w",
    ),
    of("OWN_PLAIN", Some("plain"), "kW9<v&x>mQ'q\"7\\z/2+=%40 ~Tt!"),
    of(
        "OWN_UNICODE",
        Some("unicode"),
        "Zugangswort-päßwört-𝕏😀-Ende-4711",
    ),
    of("OWN_HEAD", Some("head"), "samehead-0123456789"),
    of(
        "OWN_LONGER",
        Some("longer"),
        "samehead-0123456789-and-a-longer-tail",
    ),
    Known {
        variable: "OWN_PEM",
        own: Some("pem"),
        value: "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n",
        sought: PEM_BODY,
    },
];

/// What must not be read anywhere.
pub(crate) fn sought() -> Vec<&'static str> {
    SECRETS.iter().map(|secret| secret.sought).collect()
}

/// The settings that name the user's own secrets.
pub(crate) fn settings() -> String {
    let mut text = "format: cutover.settings/1\nsecrets:\n".to_owned();
    for secret in &SECRETS {
        if let Some(name) = secret.own {
            text.push_str(&format!("  {name}: {{ env: {} }}\n", secret.variable));
        }
    }
    text
}
