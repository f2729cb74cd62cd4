//! What each variable may be, and what is said of one that may not.

use super::{Choice, Settings, SettingsError, Variables};

fn read(set: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let usual = [("MASTER_KEY", "sk-master"), ("DATABASE_URL", "x")];
    let all = usual.iter().chain(set);
    let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::read(&all.collect())
}

#[test]
fn what_is_not_set_has_its_default() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.token_signing_key.expose(), "sk-master");
    assert_eq!(settings.e2b_template, "krrishdholakia/litellm-4gb");
    assert_eq!(settings.s3_region, "us-east-1");
    assert_eq!(settings.base_url, "");
    assert_eq!(settings.choice, None);
    assert!(!settings.artifacts_in_s3);
}

#[test]
fn what_is_set_is_read() {
    let settings = read(&[
        ("HARNESS_TOKEN_SIGNING_KEY", "0123456789abcdef"),
        ("SANDBOX_CHOICE", "daytona"),
        ("DAYTONA_API_KEY", "k"),
        ("LOCAL_EXECUTOR_URL", ""),
        ("LOCAL_SANDBOX_URL", "no url"),
        ("RENDER_EXTERNAL_URL", "https://render"),
        ("LAP_BASE_URL", ""),
        ("VAULT_URL", "vault:14322"),
        ("ARTIFACT_STORAGE", "s3"),
    ]);
    let settings = settings.unwrap();
    assert_eq!(settings.token_signing_key.expose(), "0123456789abcdef");
    assert_eq!(settings.choice, Some(Choice::Daytona));
    assert!(settings.has_key(Choice::Daytona) && !settings.has_key(Choice::E2b));
    assert_eq!(settings.local_executor_url, None);
    assert_eq!(settings.local_sandbox_url.as_deref(), Some("no url"));
    assert_eq!(settings.base_url, "https://render");
    assert!(settings.artifacts_in_s3);
}

#[test]
fn every_mistake_is_told_at_once() {
    let units = |name: &str, units: u32| {
        format!("{name}: String must contain at least {units} character(s)")
    };
    for (name, value, told) in [
        ("MASTER_KEY", "1234567", units("MASTER_KEY", 8)),
        (
            "HARNESS_TOKEN_SIGNING_KEY",
            "123456789012345",
            units("HARNESS_TOKEN_SIGNING_KEY", 16),
        ),
        ("DATABASE_URL", "", units("DATABASE_URL", 1)),
        ("E2B_API_KEY", "", units("E2B_API_KEY", 1)),
        ("E2B_TEMPLATE", "", units("E2B_TEMPLATE", 1)),
        ("DAYTONA_API_KEY", "", units("DAYTONA_API_KEY", 1)),
        ("DAYTONA_SNAPSHOT", "", units("DAYTONA_SNAPSHOT", 1)),
        ("DAYTONA_IMAGE", "", units("DAYTONA_IMAGE", 1)),
        ("VAULT_PROXY_TOKEN", "", units("VAULT_PROXY_TOKEN", 1)),
        ("VAULT_CA_CRT", "", units("VAULT_CA_CRT", 1)),
        (
            "EXECUTOR_SECRET",
            "123456789012345",
            units("EXECUTOR_SECRET", 16),
        ),
        ("AWS_S3_BUCKET", "", units("AWS_S3_BUCKET", 1)),
        ("AWS_REGION", "", units("AWS_REGION", 1)),
        (
            "DAYTONA_API_URL",
            "no url",
            "DAYTONA_API_URL: Invalid url".to_owned(),
        ),
        ("VAULT_URL", "", "VAULT_URL: Invalid url".to_owned()),
        (
            "AWS_S3_ENDPOINT",
            "x",
            "AWS_S3_ENDPOINT: Invalid url".to_owned(),
        ),
        (
            "ARTIFACT_STORAGE",
            "gcs",
            "ARTIFACT_STORAGE: Invalid enum value. Expected 's3', received 'gcs'".to_owned(),
        ),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        let wanted = format!(
            "Invalid server environment configuration:\n  - {told}\n\
             See .env.example for the required keys."
        );
        assert_eq!(error.to_string(), wanted);
    }
    let error = Settings::read(&Variables::new()).unwrap_err().to_string();
    assert!(
        error.contains("- DATABASE_URL: Required\n  - MASTER_KEY: Required\n"),
        "{error}"
    );
}

#[test]
fn no_secret_is_shown() {
    let settings = read(&[
        ("E2B_API_KEY", "key-of-e2b"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key-of-aws"),
    ]);
    let shown = format!("{:?}", settings.unwrap());
    assert!(
        !shown.contains("sk-master") && !shown.contains("key-of"),
        "{shown}"
    );
}
