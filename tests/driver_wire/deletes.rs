//! What is not destroyed goes on costing, so a destroy is asked for again until it is heard.

use cutover::call::{FailureClass, Provider};
use cutover::driver::{Destroyed, SandboxHandle};
use serde_json::json;

use super::server::{Script, Step, answer, json as json_answer, nothing};
use super::setup::{Setup, failed, setup};

/// What a provider answers, as its contract has it.
struct Words {
    provider: Provider,
    delete: &'static str,
    done: (u16, &'static str),
    gone: &'static str,
    broken: &'static str,
    refused: &'static str,
}

const E2B: Words = Words {
    provider: Provider::E2b,
    delete: "DELETE /sandboxes/i1 ",
    done: (204, ""),
    gone: r#"{"code":404,"message":"Sandbox \"i1\" doesn't exist or you don't have access to it"}"#,
    broken: r#"{"code":500,"message":"Error killing sandbox"}"#,
    refused: r#"{"code":401,"message":"Invalid API key format"}"#,
};

const DAYTONA: Words = Words {
    provider: Provider::Daytona,
    delete: "DELETE /api/sandbox/i1 ",
    done: (200, r#"{"id":"i1","state":"destroying"}"#),
    gone: r#"{"statusCode":404,"error":"Not Found","message":"Sandbox with ID or name i1 not found"}"#,
    broken: r#"{"statusCode":500,"error":"Internal Server Error","message":"An unexpected error occurred."}"#,
    refused: r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid credentials"}"#,
};

async fn scripted(words: &Words, steps: Vec<Step>) -> (Script, Setup) {
    let script = Script::serve(steps).await;
    let daytona = format!("{}/api", script.url);
    let vars = [
        (
            "E2B_API_KEY",
            "e2b_0123456789abcdef0123456789abcdef01234567",
        ),
        ("E2B_API_URL", script.url.as_str()),
        ("DAYTONA_API_KEY", "dtn_0123456789abcdef0123456789abcdef"),
        ("DAYTONA_API_URL", daytona.as_str()),
    ];
    let setup = setup(words.provider, &vars);
    (script, setup)
}

fn sandbox() -> SandboxHandle {
    SandboxHandle {
        id: "i1".to_owned(),
        private: json!({}),
    }
}

async fn check(steps: impl Fn(&Words) -> Vec<Step>, how: Destroyed) {
    for words in [E2B, DAYTONA] {
        let (script, t) = scripted(&words, steps(&words)).await;
        let destroyed = t.driver.destroy(&sandbox(), &t.cx).await;
        assert_eq!(destroyed, Ok(how), "{}", words.provider);
        script.done();
    }
}

fn done(words: &Words) -> Step {
    json_answer(words.delete, words.done.0, words.done.1)
}

#[tokio::test]
async fn what_was_answered_with_a_failure_is_asked_for_again() {
    let steps = |words: &Words| {
        vec![
            json_answer(words.delete, 500, words.broken),
            answer(words.delete, 520, "Content-Type: text/html\r\n", "<html>"),
            json_answer(words.delete, 400, r#"{"error":"no such route"}"#),
            nothing(words.delete),
            done(words),
        ]
    };
    check(steps, Destroyed::Now).await;
}

#[tokio::test]
async fn what_is_gone_after_a_failure_was_destroyed_by_it() {
    let steps = |words: &Words| {
        vec![
            json_answer(words.delete, 500, words.broken),
            json_answer(words.delete, 404, words.gone),
        ]
    };
    check(steps, Destroyed::Now).await;
    let gone = |words: &Words| vec![json_answer(words.delete, 404, words.gone)];
    check(gone, Destroyed::AlreadyGone).await;
}

#[tokio::test]
async fn that_somebody_else_does_not_know_it_is_no_destruction() {
    let steps = |words: &Words| {
        vec![
            answer(words.delete, 404, "Content-Type: text/html\r\n", "<html>"),
            answer(words.delete, 200, "Content-Type: text/html\r\n", "<html>"),
            done(words),
        ]
    };
    check(steps, Destroyed::Now).await;
}

#[tokio::test]
async fn a_wrong_key_is_not_tried_again() {
    for words in [E2B, DAYTONA] {
        let steps = vec![json_answer(words.delete, 401, words.refused)];
        let (script, t) = scripted(&words, steps).await;
        let (class, _) = failed(t.driver.destroy(&sandbox(), &t.cx).await);
        assert_eq!(class, FailureClass::Unauthorized);
        assert_eq!(script.requests().len(), 1);
    }
}
