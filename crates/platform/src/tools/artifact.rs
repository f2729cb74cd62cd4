//! Storing an artifact for an agent.

use axum::http::StatusCode;
use bytes::Bytes;
use cutover_js::{Object, Text, Value, base64};
use jiff::fmt::strtime;

use crate::artifacts::{Stored, sanitised};
use crate::auth::{Claims, Presented, verify};
use crate::count::count;
use crate::failure::Failure;
use crate::model::{READY, Session};
use crate::platform::Platform;
use crate::settings::Settings;
use crate::validate::{self, ARTIFACT_BYTES_MAX, ArtifactBody, Content};

/// What a token must be good for.
const SCOPE: &str = "artifacts";

/// By how much the size that a body declares may differ from the content's.
const SIZE_TOLERANCE: f64 = 16.0;

impl Platform {
    /// The session that an artifact is for, once everything but the body has been checked.
    pub(crate) async fn artifact_session(
        &self,
        settings: &Settings,
        session_id: &Text,
        presented: &Presented,
    ) -> Result<Session, Failure> {
        let claims = self.claims(settings, presented);
        let is_master = presented.is(&settings.master_key);
        // Q24: the original tells strangers which sessions there are.
        if self.fixes.has("Q24") && !is_master && claims.is_none() {
            return Err(Failure::unauthorized());
        }
        if self.artifacts.is_none() {
            let detail = "artifact storage not configured";
            return Err(Failure::told(StatusCode::SERVICE_UNAVAILABLE, detail));
        }
        let session = self.store.session(session_id).await?;
        let Some(session) = session else {
            return Err(Failure::told(StatusCode::NOT_FOUND, "session not found"));
        };
        let is_own = claims.is_some_and(|it| session.agent.agent_id == it.agent_id.as_str());
        if !is_master && !is_own {
            return Err(Failure::unauthorized());
        }
        if session.status != READY {
            let detail = "session not in ready state";
            return Err(Failure::told(StatusCode::BAD_REQUEST, detail));
        }
        Ok(session)
    }

    /// What a token of an agent claims, if it is good for artifacts.
    fn claims(&self, settings: &Settings, presented: &Presented) -> Option<Claims> {
        let now = self.clock.now().as_second();
        let claims = verify(presented.token()?, &settings.token_signing_key, now)?;
        claims.scope.iter().any(|it| it == SCOPE).then_some(claims)
    }

    /// Stores an artifact, and gives what its owner is told.
    pub(crate) async fn create_artifact(
        &self,
        session: &Session,
        body: &Value,
    ) -> Result<Value, Failure> {
        // Q93: an empty file is a file.
        let least = if self.fixes.has("Q93") {
            Content::MayBeEmpty
        } else {
            Content::NotEmpty
        };
        let wanted = validate::artifact(body, least)?;
        let content = self.decoded(&wanted)?;
        self.put(session, &wanted.name, wanted.mime_type, content)
            .await
    }

    /// What the base64 of a body holds, read as leniently as the original does.
    fn decoded(&self, body: &ArtifactBody) -> Result<Bytes, Failure> {
        let content = base64::decode(&body.content);
        let (declared, actual) = (body.bytes, content.len());
        // Q10: the original keeps for itself what is wrong with a size.
        let wrong = |status, told: String, logged: String| {
            if self.fixes.has("Q10") {
                Failure::told(status, told)
            } else {
                Failure::internal(logged)
            }
        };
        if count(actual) > ARTIFACT_BYTES_MAX.into() {
            return Err(wrong(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("content: {actual} bytes, over {ARTIFACT_BYTES_MAX}"),
                format!("Artifact too large: {actual} bytes"),
            ));
        }
        if (count(actual) - declared).abs() > SIZE_TOLERANCE {
            return Err(wrong(
                StatusCode::BAD_REQUEST,
                format!("size: {declared} is declared, but content has {actual} bytes"),
                format!("Artifact size mismatch: declared {declared}, actual {actual}"),
            ));
        }
        Ok(content.into())
    }

    async fn put(
        &self,
        session: &Session,
        name: &Text,
        mime_type: &str,
        content: Bytes,
    ) -> Result<Value, Failure> {
        let Some(store) = &self.artifacts else {
            return Err(Failure::internal("no artifact store"));
        };
        let name = sanitised(&name.to_string_lossy());
        let id = uuid::Uuid::new_v4().to_string();
        let stored = Stored {
            session_id: &session.session_id.to_string_lossy(),
            id: &id,
            name: &name,
            mime_type,
            content: &content,
        };
        let now = self.clock.now();
        let url = store.put(&stored, now).await?;
        let created_at = strtime::format("%Y-%m-%dT%H:%M:%S%.3fZ", now);
        let mut told = Object::new();
        told.insert("id", id.as_str());
        told.insert("name", name.as_str());
        told.insert("mime_type", mime_type);
        told.insert("size", count(content.len()));
        told.insert("url", url);
        told.insert("created_at", created_at.map_err(Failure::internal)?);
        Ok(told.into())
    }
}
