//! A home folder is a path from the root; everything else is no answer.

use cutover::call::FailureClass;

use super::server::json as json_answer;
use super::setup::failed;
use super::{daytona, e2b};

#[tokio::test]
async fn what_is_no_path_from_the_root_is_no_home_on_daytona() {
    for body in [
        r#"{"dir":""}"#,
        r#"{"dir":"home/daytona"}"#,
        r#"{"dir":"~"}"#,
        r#"{"dir":"./"}"#,
    ] {
        let steps = vec![json_answer("GET /toolbox/s1/user-home-dir ", 200, body)];
        let (script, t) = daytona::scripted(steps).await;
        let home = t.driver.home(&daytona::sandbox(&script), &t.cx).await;
        let (class, words) = failed(home);
        assert_eq!(class, FailureClass::Internal, "{body}");
        assert!(words.contains("home folder"), "{words}");
        script.done();
    }
}

#[tokio::test]
async fn what_is_no_path_from_the_root_is_no_home_on_e2b() {
    for body in [
        r#"{"entry":{"name":"me"}}"#,
        r#"{"entry":{"name":"me","path":""}}"#,
        r#"{"entry":{"name":"me","path":"home/me"}}"#,
        r#"{"entry":{"name":"~","path":"~"}}"#,
        r#"{"entry":{"path":"/home/me"}}"#,
        r#"{"entry":{"name":"me","path":7}}"#,
        r#"{"entry":{"name":"me","path":"/home/me"},"entry":{"name":"i","path":"/home/i"}}"#,
        "{}",
    ] {
        let stat = "POST /filesystem.Filesystem/Stat ";
        let (script, t) = e2b::scripted(vec![json_answer(stat, 200, body)]).await;
        let (class, _) = failed(t.driver.home(&e2b::sandbox(), &t.cx).await);
        assert_eq!(class, FailureClass::Internal, "{body}");
        script.done();
    }
}
