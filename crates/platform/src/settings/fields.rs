//! What can be set, under the names and rules of the original.

use cutover_base::secret::Secret;

use super::rule::{Reader, SettingsError, Variables};

/// Which provider new sandboxes are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// `e2b`
    E2b,
    /// `daytona`
    Daytona,
}

impl Choice {
    /// The word in `SANDBOX_CHOICE`, which is also the scheme of stored sandbox addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::E2b => "e2b",
            Self::Daytona => "daytona",
        }
    }

    /// The variable that holds the provider's key.
    pub const fn key_variable(self) -> &'static str {
        match self {
            Self::E2b => "E2B_API_KEY",
            Self::Daytona => "DAYTONA_API_KEY",
        }
    }
}

/// Who signs requests to the artifact bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`
    pub key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret: Secret,
    /// `AWS_SESSION_TOKEN`
    pub session_token: Option<Secret>,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `MASTER_KEY`: whoever has it may use every route.
    pub master_key: Secret,
    /// `HARNESS_TOKEN_SIGNING_KEY`, else the master key: signs the tokens of agents.
    pub token_signing_key: Secret,
    /// `LAP_BASE_URL`, else `RENDER_EXTERNAL_URL`, else empty: where this endpoint is reached.
    pub base_url: String,
    /// `E2B_API_KEY`
    pub e2b_api_key: Option<Secret>,
    /// `E2B_TEMPLATE`
    pub e2b_template: String,
    /// `DAYTONA_API_KEY`
    pub daytona_api_key: Option<Secret>,
    /// `DAYTONA_API_URL`; none means the provider's own.
    pub daytona_api_url: Option<String>,
    /// `DAYTONA_SNAPSHOT`
    pub daytona_snapshot: Option<String>,
    /// `DAYTONA_IMAGE`; wins over the snapshot.
    pub daytona_image: Option<String>,
    /// `SANDBOX_CHOICE`
    pub choice: Option<Choice>,
    /// `VAULT_URL`, as it was written.
    pub vault_url: Option<String>,
    /// `VAULT_PROXY_TOKEN`
    pub vault_proxy_token: Option<Secret>,
    /// `VAULT_CA_CRT`; its line ends may be written as `\n`.
    pub vault_ca_certificate: Option<String>,
    /// `LOCAL_SANDBOX_URL`; empty means unset.
    pub local_sandbox_url: Option<String>,
    /// `LOCAL_EXECUTOR_URL`; empty means unset.
    pub local_executor_url: Option<String>,
    /// `EXECUTOR_SECRET`
    pub executor_secret: Option<Secret>,
    /// Whether `ARTIFACT_STORAGE` is `s3`.
    pub artifacts_in_s3: bool,
    /// `AWS_S3_BUCKET`
    pub s3_bucket: Option<String>,
    /// `AWS_REGION`
    pub s3_region: String,
    /// `AWS_S3_ENDPOINT`; none means the one of the region.
    pub s3_endpoint: Option<String>,
    /// The credentials of the bucket.
    pub s3_credentials: Option<Credentials>,
    /// `ENCRYPTION_KEY`: what agents' variables are encrypted with, in base64.
    pub encryption_key: Option<Secret>,
    /// `LITELLM_API_BASE`: where what no route knows would be forwarded to.
    pub forward_base: Option<String>,
}

/// What the original asks for when nothing is set.
const TEMPLATE_DEFAULT: &str = "krrishdholakia/litellm-4gb";

impl Settings {
    /// Reads the variables by the original's rules.
    ///
    /// # Errors
    /// Every mistake at once. An empty value is a mistake for most, and not the same as none.
    pub fn read(variables: &Variables) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(variables);
        // In this order, which is the order of the mistakes.
        reader.required("DATABASE_URL", 1);
        let master_key = reader.required("MASTER_KEY", 8);
        let token_signing_key = reader.optional("HARNESS_TOKEN_SIGNING_KEY", 16);
        let secret = |name: &str, value: Option<String>| value.map(|it| Secret::new(name, it));
        let settings = Self {
            token_signing_key: Secret::new(
                "HARNESS_TOKEN_SIGNING_KEY",
                token_signing_key.unwrap_or_else(|| master_key.clone()),
            ),
            master_key: Secret::new("MASTER_KEY", master_key),
            base_url: base_url(&reader),
            e2b_api_key: secret("E2B_API_KEY", reader.optional("E2B_API_KEY", 1)),
            e2b_template: reader
                .optional("E2B_TEMPLATE", 1)
                .unwrap_or_else(|| TEMPLATE_DEFAULT.to_owned()),
            daytona_api_key: secret("DAYTONA_API_KEY", reader.optional("DAYTONA_API_KEY", 1)),
            daytona_api_url: reader.address("DAYTONA_API_URL"),
            daytona_snapshot: reader.optional("DAYTONA_SNAPSHOT", 1),
            daytona_image: reader.optional("DAYTONA_IMAGE", 1),
            choice: reader.one_of(
                "SANDBOX_CHOICE",
                &[("e2b", Choice::E2b), ("daytona", Choice::Daytona)],
            ),
            vault_url: reader.address("VAULT_URL"),
            vault_proxy_token: secret("VAULT_PROXY_TOKEN", reader.optional("VAULT_PROXY_TOKEN", 1)),
            vault_ca_certificate: reader.optional("VAULT_CA_CRT", 1),
            local_sandbox_url: reader.any("LOCAL_SANDBOX_URL").filter(|it| !it.is_empty()),
            local_executor_url: reader.any("LOCAL_EXECUTOR_URL").filter(|it| !it.is_empty()),
            executor_secret: secret("EXECUTOR_SECRET", reader.optional("EXECUTOR_SECRET", 16)),
            artifacts_in_s3: reader.one_of("ARTIFACT_STORAGE", &[("s3", ())]).is_some(),
            s3_bucket: reader.optional("AWS_S3_BUCKET", 1),
            s3_region: reader
                .optional("AWS_REGION", 1)
                .unwrap_or_else(|| "us-east-1".to_owned()),
            s3_endpoint: reader.address("AWS_S3_ENDPOINT"),
            s3_credentials: credentials(&reader),
            encryption_key: secret("ENCRYPTION_KEY", reader.any("ENCRYPTION_KEY")),
            forward_base: reader.any("LITELLM_API_BASE"),
        };
        reader.finish(settings)
    }

    /// Whether the key of a provider is set.
    pub const fn has_key(&self, choice: Choice) -> bool {
        match choice {
            Choice::E2b => self.e2b_api_key.is_some(),
            Choice::Daytona => self.daytona_api_key.is_some(),
        }
    }
}

fn base_url(reader: &Reader<'_>) -> String {
    let set = |name| reader.any(name).filter(|it| !it.is_empty());
    set("LAP_BASE_URL")
        .or_else(|| set("RENDER_EXTERNAL_URL"))
        .unwrap_or_default()
}

fn credentials(reader: &Reader<'_>) -> Option<Credentials> {
    let set = |name| reader.any(name).filter(|it| !it.is_empty());
    Some(Credentials {
        key_id: set("AWS_ACCESS_KEY_ID")?,
        secret: Secret::new("AWS_SECRET_ACCESS_KEY", set("AWS_SECRET_ACCESS_KEY")?),
        session_token: set("AWS_SESSION_TOKEN").map(|it| Secret::new("AWS_SESSION_TOKEN", it)),
    })
}
