//! A listing is whole or it is an error: what it leaves out would go on costing unseen.

use cutover::call::{FailureClass, Provider};
use cutover::driver::{DriverResult, Labels};

use super::server::{Step, answer};
use super::setup::failed;
use super::{daytona, e2b};

const BOTH: [Provider; 2] = [Provider::E2b, Provider::Daytona];

/// A page with this sandbox that leads to the page of this cursor, or, if that is empty, to none.
fn page(provider: Provider, id: &str, next: &str) -> Step {
    let json = "Content-Type: application/json\r\n";
    match provider {
        Provider::E2b => answer(
            "GET /v2/sandboxes?limit=100",
            200,
            &format!("X-Next-Token: {next}\r\n{json}"),
            format!(r#"[{{"sandboxID":"{id}"}}]"#),
        ),
        Provider::Daytona => answer(
            "GET /api/sandbox?limit=200",
            200,
            json,
            format!(r#"{{"items":[{{"id":"{id}","state":"started"}}],"nextCursor":"{next}"}}"#),
        ),
    }
}

/// What a listing of these pages comes to. All of them must be asked for, and no more.
async fn listed(provider: Provider, pages: Vec<Step>) -> DriverResult<Vec<String>> {
    let (script, t) = match provider {
        Provider::E2b => e2b::scripted(pages).await,
        Provider::Daytona => daytona::scripted(pages).await,
    };
    let listed = t.driver.list(&Labels::new(), &t.cx).await;
    script.done();
    listed
}

async fn check_refused(provider: Provider, pages: Vec<Step>, words: &str) {
    let (class, message) = failed(listed(provider, pages).await);
    assert_eq!(class, FailureClass::Internal, "{provider}: {message}");
    assert!(message.contains(words), "{provider}: {message}");
}

/// So many pages, each of which leads to another one but for the last, which leads to this.
fn pages(provider: Provider, count: usize, last: &str) -> Vec<Step> {
    let page = |n: usize| {
        let next = format!("c{n}");
        page(
            provider,
            &format!("i{n}"),
            if n == count { last } else { &next },
        )
    };
    (1..=count).map(page).collect()
}

#[tokio::test]
async fn every_page_is_read() {
    for provider in BOTH {
        let ids = listed(provider, pages(provider, 100, "")).await.unwrap();
        assert_eq!(ids.len(), 100);
        assert_eq!((ids[0].as_str(), ids[99].as_str()), ("i1", "i100"));
    }
}

#[tokio::test]
async fn a_listing_that_goes_on_and_on_is_refused() {
    for provider in BOTH {
        let pages = pages(provider, 100, "more");
        check_refused(provider, pages, "more than 100 pages").await;
    }
}

#[tokio::test]
async fn a_listing_that_leads_back_to_its_pages_is_refused() {
    for provider in BOTH {
        let itself = vec![page(provider, "i1", "a"), page(provider, "i2", "a")];
        check_refused(provider, itself, "page that was read before").await;
        let round = vec![
            page(provider, "i1", "a"),
            page(provider, "i2", "b"),
            page(provider, "i3", "a"),
        ];
        check_refused(provider, round, "page that was read before").await;
    }
}

#[tokio::test]
async fn a_listing_with_a_sandbox_that_has_no_id_is_refused() {
    for provider in BOTH {
        check_refused(provider, vec![page(provider, "", "")], "without an id").await;
    }
}
