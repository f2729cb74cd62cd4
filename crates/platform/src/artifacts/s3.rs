//! Artifacts in a bucket that speaks S3.
//!
//! Signatures are made by the clock of the machine, as the bucket checks them by its own.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusty_s3::actions::S3Action;
use rusty_s3::{Bucket, Credentials, UrlStyle};
use url::Url;

use super::contract::{ArtifactError, ArtifactStore, LIFETIME, Stored};
use crate::settings::Settings;

/// How long the signature of an upload is good. It is used at once.
const UPLOAD_LIFETIME: Duration = Duration::from_secs(300);
/// How long an upload may take: 100 MiB, the largest artifact, at 350 KB/s.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// What the original's client adds to the address besides the disposition.
const ALWAYS: [(&str, &str); 3] = [
    ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
    ("x-amz-checksum-mode", "ENABLED"),
    ("x-id", "GetObject"),
];

/// A bucket.
#[derive(Debug, Clone)]
pub struct S3Artifacts {
    bucket: Bucket,
    credentials: Option<Credentials>,
    client: reqwest::Client,
}

impl S3Artifacts {
    /// The bucket that the settings name; none when they name none, or do not say that artifacts
    /// are kept in one.
    ///
    /// # Errors
    /// When the address of the bucket is none that requests can be sent to.
    pub fn new(
        settings: &Settings,
        client: reqwest::Client,
    ) -> Result<Option<Self>, ArtifactError> {
        let Some(name) = settings
            .s3_bucket
            .clone()
            .filter(|_| settings.artifacts_in_s3)
        else {
            return Ok(None);
        };
        let region = &settings.s3_region;
        let (endpoint, style) = match &settings.s3_endpoint {
            Some(endpoint) => (endpoint.clone(), UrlStyle::Path),
            None => (
                format!("https://s3.{region}.amazonaws.com"),
                UrlStyle::VirtualHost,
            ),
        };
        let wrong = |why: String| ArtifactError(format!("`{endpoint}` is no S3 endpoint: {why}"));
        let url = Url::parse(&endpoint).map_err(|error| wrong(error.to_string()))?;
        let bucket = Bucket::new(url, style, name, region.clone())
            .map_err(|error| wrong(error.to_string()))?;
        let credentials = settings.s3_credentials.as_ref().map(|set| {
            let (id, secret) = (set.key_id.clone(), set.secret.expose().to_owned());
            match &set.session_token {
                None => Credentials::new(id, secret),
                Some(token) => Credentials::new_with_token(id, secret, token.expose().to_owned()),
            }
        });
        Ok(Some(Self {
            bucket,
            credentials,
            client,
        }))
    }

    /// The address to fetch an artifact from.
    fn address(&self, credentials: &Credentials, stored: &Stored<'_>) -> Url {
        let key = stored.key();
        let mut get = self.bucket.get_object(Some(credentials), &key);
        let disposition = format!("attachment; filename=\"{}\"", stored.name);
        get.query_mut()
            .insert("response-content-disposition", disposition);
        for (name, value) in ALWAYS {
            get.query_mut().insert(name, value);
        }
        sorted(get.sign(LIFETIME))
    }
}

/// The address with its query in the order of names, as the original's client writes it. A
/// signature covers the sorted query anyway.
fn sorted(mut address: Url) -> Url {
    let mut query: Vec<_> = address.query().unwrap_or_default().split('&').collect();
    query.sort_unstable();
    let query = query.join("&");
    address.set_query(Some(&query));
    address
}

#[async_trait]
impl ArtifactStore for S3Artifacts {
    async fn put(&self, stored: &Stored<'_>, _now: Timestamp) -> Result<String, ArtifactError> {
        let Some(credentials) = &self.credentials else {
            return Err(ArtifactError(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set".to_owned(),
            ));
        };
        let key = stored.key();
        let put = self.bucket.put_object(Some(credentials), &key);
        let answer = self
            .client
            .put(put.sign(UPLOAD_LIFETIME))
            .header("content-type", stored.mime_type)
            .timeout(UPLOAD_TIMEOUT)
            .body(stored.content.clone())
            .send()
            .await
            // The address holds a signature.
            .map_err(|error| ArtifactError(error.without_url().to_string()))?;
        if !answer.status().is_success() {
            let status = answer.status();
            return Err(ArtifactError(format!("the bucket answered {status}")));
        }
        Ok(self.address(credentials, stored).into())
    }
}
