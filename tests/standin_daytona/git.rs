//! Repositories (contract 2.6) by the sandbox's own git: local ones, and a local bare one as the
//! other side.

use serde_json::{Value, json};

use crate::support::World;

/// A sandbox with git; `None` where the machine has none.
async fn with_git(world: &World) -> Option<String> {
    let id = world.make(json!({})).await;
    let probe = json!({"command": "command -v git"});
    let found = world.execute(&id, probe).await.1["exitCode"] == 0;
    if !found {
        let route = format!("GET /toolbox/{id}/git/status?path=.");
        assert_eq!(world.call(&route, Value::Null).await.0, 501);
    }
    found.then_some(id)
}

async fn git(world: &World, id: &str, route: &str, body: Value) -> (u16, Value) {
    let (method, path) = route.split_once(' ').unwrap();
    world
        .call(&format!("{method} /toolbox/{id}/git/{path}"), body)
        .await
}

async fn result(world: &World, id: &str, command: &str) -> String {
    let (_, body) = world.execute(id, json!({"command": command})).await;
    body["result"].as_str().unwrap().to_owned()
}

/// A commit as it is asked for.
fn commit(path: &str, message: &str) -> Value {
    json!({"path": path, "message": message, "author": "A B", "email": "a@b.c"})
}

/// A bare repository `bare` with one commit on `main`, and a clone of it at `one`.
async fn cloned(world: &World, id: &str) {
    let init = json!({"path": "bare", "bare": true, "initial_branch": "main"});
    assert_eq!(
        git(world, id, "POST init", init.clone()).await,
        (201, Value::Null)
    );
    let (status, body) = git(world, id, "POST init", init).await;
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("repository already exists"))
    );
    let clone = json!({"url": "/home/user/bare", "path": "one"});
    assert_eq!(
        git(world, id, "POST clone", clone).await,
        (200, Value::Null)
    );
    result(world, id, "echo 1 > one/f").await;
    let add = json!({"path": "one", "files": ["."]});
    assert_eq!(git(world, id, "POST add", add).await, (200, Value::Null));
    let (status, made) = git(world, id, "POST commit", commit("one", "first")).await;
    let hash = result(world, id, "git -C one rev-parse HEAD").await;
    assert_eq!((status, made), (200, json!({"hash": hash.trim()})));
    let push = json!({"path": "one", "set_upstream": true});
    assert_eq!(git(world, id, "POST push", push).await, (200, Value::Null));
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one story: each step needs those before"
)]
async fn work_goes_from_a_clone_to_the_other_side_and_back() {
    let world = World::start().await;
    let Some(id) = with_git(&world).await else {
        return;
    };
    cloned(&world, &id).await;
    let status = "GET status?path=one";
    let (_, clean) = git(&world, &id, status, Value::Null).await;
    let expected = json!({
        "currentBranch": "main", "fileStatus": [], "ahead": 0, "behind": 0,
        "branchPublished": true, "detached": false, "upstream": "origin/main",
    });
    assert_eq!(clean, expected);
    result(
        &world,
        &id,
        "cd one; echo 2 > f; echo n > 'a new'; echo s > s; git add s",
    )
    .await;
    let (_, dirty) = git(&world, &id, status, Value::Null).await;
    let file = |name: &str, staging: &str, worktree: &str| json!({"name": name, "extra": "", "staging": staging, "worktree": worktree});
    let expected = json!([
        file("f", "Unmodified", "Modified"),
        file("s", "Added", "Unmodified"),
        file("a new", "Untracked", "Untracked"),
    ]);
    assert_eq!(dirty["fileStatus"], expected);
    let add = json!({"path": "one", "files": ["f", "a new"]});
    assert_eq!(git(&world, &id, "POST add", add).await.0, 200);
    let message = "second\n\nwith a body, 'quotes' and # no comment";
    assert_eq!(
        git(&world, &id, "POST commit", commit("one", message))
            .await
            .0,
        200
    );
    let (_, ahead) = git(&world, &id, status, Value::Null).await;
    assert_eq!((&ahead["ahead"], &ahead["behind"]), (&json!(1), &json!(0)));
    let (_, history) = git(&world, &id, "GET history?path=one", Value::Null).await;
    let messages: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages, [message, "first"]);
    assert_eq!(
        (&history[0]["author"], &history[0]["email"]),
        (&json!("A B"), &json!("a@b.c"))
    );
    let hash = result(&world, &id, "git -C one rev-parse HEAD").await;
    assert_eq!(history[0]["hash"], hash.trim());
    assert!(history[0]["timestamp"].as_str().unwrap().contains('T'));
    // Another clone, behind it, pulls what the first pushes.
    let clone = json!({"url": "file:///home/user/bare", "path": "two", "branch": "main"});
    assert_eq!(
        git(&world, &id, "POST clone", clone).await,
        (200, Value::Null)
    );
    for path in ["one", "one"] {
        assert_eq!(
            git(&world, &id, "POST push", json!({"path": path})).await,
            (200, Value::Null)
        );
    }
    for _ in 0..2 {
        assert_eq!(
            git(&world, &id, "POST pull", json!({"path": "two"})).await,
            (200, Value::Null)
        );
    }
    assert_eq!(result(&world, &id, "cat two/f").await, "2\n");
    // Two sides that have gone apart are a conflict.
    for (path, text) in [("one", "x"), ("two", "y")] {
        result(
            &world,
            &id,
            &format!("echo {text} > {path}/f; git -C {path} add f"),
        )
        .await;
        assert_eq!(
            git(&world, &id, "POST commit", commit(path, text)).await.0,
            200
        );
    }
    assert_eq!(
        git(&world, &id, "POST push", json!({"path": "one"}))
            .await
            .0,
        200
    );
    for call in ["POST push", "POST pull"] {
        let (status, body) = git(&world, &id, call, json!({"path": "two"})).await;
        let message = json!("non-fast-forward update");
        assert_eq!(
            (status, &body["message"], &body["code"]),
            (409, &message, &json!("CONFLICT")),
            "{call}"
        );
    }
    let commit_id = hash.trim();
    let clone = json!({"url": "/home/user/bare", "path": "old", "commit_id": commit_id});
    assert_eq!(git(&world, &id, "POST clone", clone).await.0, 200);
    let (_, old) = git(&world, &id, "GET status?path=old", Value::Null).await;
    assert_eq!(
        (&old["currentBranch"], &old["detached"]),
        (&json!("HEAD"), &json!(true))
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn branches_come_and_go() {
    let world = World::start().await;
    let Some(id) = with_git(&world).await else {
        return;
    };
    cloned(&world, &id).await;
    let branches = "GET branches?path=one";
    let named = |name: &str| json!({"path": "one", "name": name});
    assert_eq!(
        git(&world, &id, "POST branches", named("side")).await,
        (201, Value::Null)
    );
    let (_, listed) = git(&world, &id, branches, Value::Null).await;
    assert_eq!(
        listed,
        json!({"branches": ["main", "side"], "current": "side"})
    );
    let (status, body) = git(&world, &id, "POST branches", named("side")).await;
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("a branch named 'side' already exists"))
    );
    let checkout = |branch: &str| json!({"path": "one", "branch": branch});
    assert_eq!(
        git(&world, &id, "POST checkout", checkout("main")).await,
        (200, Value::Null)
    );
    let hash = result(&world, &id, "git -C one rev-parse HEAD").await;
    assert_eq!(
        git(&world, &id, "POST checkout", checkout(hash.trim()))
            .await
            .0,
        200
    );
    let (_, listed) = git(&world, &id, branches, Value::Null).await;
    assert_eq!(listed["current"], "");
    let (status, _) = git(&world, &id, "POST push", json!({"path": "one"})).await;
    assert_eq!(status, 404, "nothing to push without a branch");
    // Changes that a checkout would lose are a conflict.
    let made = "cd one; git checkout -q side; echo other > f; git -c user.name=a -c user.email=b commit -qam side; echo mine > f";
    result(&world, &id, made).await;
    let (status, body) = git(&world, &id, "POST checkout", checkout("main")).await;
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("worktree contains unstaged changes"))
    );
    let reset = json!({"path": "one", "mode": "hard"});
    assert_eq!(
        git(&world, &id, "POST reset", reset).await,
        (200, Value::Null)
    );
    assert_eq!(
        git(&world, &id, "POST checkout", checkout("main")).await.0,
        200
    );
    assert_eq!(
        git(&world, &id, "DELETE branches", named("side")).await,
        (204, Value::Null)
    );
    let (status, body) = git(&world, &id, "DELETE branches", named("side")).await;
    assert_eq!(
        (status, &body["message"]),
        (404, &json!("reference not found"))
    );
    world.standin.stop().await;
}

/// Method and path, body, status, message.
const REFUSALS: &str = r#"
GET status | null | 400 | bad request: path is required
GET status?path=plain | null | 404 | repository does not exist
GET status?path=none | null | 404 | repository does not exist
GET history?path=plain | null | 404 | repository does not exist
POST checkout | {"path": "one", "branch": "none"} | 404 | reference not found
POST checkout | {"path": "one", "branch": "deadbeef"} | 404 | reference not found
POST checkout | {"path": "one", "branch": "--orphan"} | 400 | bad request: invalid branch: "--orphan"
POST branches | {"path": "one", "name": "-D"} | 400 | bad request: invalid name: "-D"
POST commit | {"path": "one", "message": "m", "author": "a", "email": "e"} | 500 | cannot create empty commit: clean working tree
POST clone | {"url": "/home/user/none", "path": "c"} | 404 | repository '/home/user/none' does not exist
POST clone | {"url": "/home/user/bare", "path": "d", "branch": "none"} | 404 | reference not found
POST clone | {"url": "--upload-pack=x", "path": "e"} | 404 | repository '--upload-pack=x' does not exist
POST clone | {"url": "/home/user/bare", "path": "full"} | 409 | destination path '.' already exists and is not an empty directory.
POST pull | {"path": "one", "remote": "nowhere"} | 404 | repository not found
POST pull | {"path": "one", "branch": "none"} | 404 | reference not found
POST push | {"path": "one", "branch": "none"} | 404 | reference not found
POST remotes | {"path": "one", "name": "origin", "url": "x"} | 409 | remote origin already exists.
POST reset | {"path": "one", "mode": "odd"} | 400 | bad request: unsupported reset mode "odd" (supported: soft, mixed, hard, merge, keep)
POST reset | {"path": "one", "target": "none"} | 404 | reference not found
POST restore | {"path": "one", "files": []} | 400 | bad request: at least one path is required
GET config?key=x | null | 400 | bad request: invalid config key "x" (expected section.name or section.subsection.name)
GET config?key=a.b&scope=local | null | 400 | bad request: local config scope requires a repository path
GET config?key=a.b&scope=odd | null | 400 | bad request: unsupported config scope "odd" (supported: global, local, system)
"#;

#[tokio::test]
async fn refusals_have_statuses() {
    let world = World::start().await;
    let Some(id) = with_git(&world).await else {
        return;
    };
    cloned(&world, &id).await;
    result(&world, &id, "mkdir plain; mkdir full; touch full/x").await;
    let mut wrong = Vec::new();
    for row in REFUSALS.trim().lines() {
        let fields: Vec<&str> = row.splitn(4, " | ").collect();
        let body: Value = serde_json::from_str(fields[1]).unwrap();
        let (status, said) = git(&world, &id, fields[0], body).await;
        let told = said["message"].as_str().unwrap_or_default();
        if (status.to_string().as_str(), told) != (fields[2], fields[3]) {
            wrong.push(format!("{row}: {status} {told}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (status, said) = git(&world, &id, "POST checkout", json!({"path": "one"})).await;
    let message = "invalid body request: invalid request body: Key: 'GitCheckoutRequest.Branch'";
    assert_eq!(status, 400);
    assert!(
        said["message"].as_str().unwrap().starts_with(message),
        "{said}"
    );
    world.standin.stop().await;
}

#[tokio::test]
async fn settings_remotes_and_credentials_are_kept() {
    let world = World::start().await;
    let Some(id) = with_git(&world).await else {
        return;
    };
    cloned(&world, &id).await;
    let read = "GET config?key=user.name";
    let (_, unset) = git(&world, &id, read, Value::Null).await;
    assert_eq!(unset, json!({"value": null}));
    let user = json!({"name": "Ä \"B\"", "email": "a@b.c"});
    assert_eq!(
        git(&world, &id, "POST config/user", user).await,
        (200, Value::Null)
    );
    let (_, set) = git(&world, &id, read, Value::Null).await;
    assert_eq!(set, json!({"value": "Ä \"B\""}));
    let local = json!({"key": "core.own", "value": "--x", "scope": "local", "path": "one"});
    assert_eq!(
        git(&world, &id, "POST config", local).await,
        (200, Value::Null)
    );
    let (_, set) = git(
        &world,
        &id,
        "GET config?key=core.own&scope=local&path=one",
        Value::Null,
    )
    .await;
    assert_eq!(set, json!({"value": "--x"}));
    let remote = json!({"path": "one", "name": "up", "url": "https://u:p@host/r.git"});
    assert_eq!(
        git(&world, &id, "POST remotes", remote.clone()).await,
        (201, Value::Null)
    );
    assert_eq!(git(&world, &id, "POST remotes", remote).await.0, 409);
    let again = json!({"path": "one", "name": "up", "url": "/home/user/bare", "overwrite": true, "fetch": true});
    assert_eq!(
        git(&world, &id, "POST remotes", again).await,
        (201, Value::Null)
    );
    let (_, listed) = git(&world, &id, "GET remotes?path=one", Value::Null).await;
    let expected = json!({"remotes": [
        {"name": "origin", "url": "/home/user/bare"}, {"name": "up", "url": "/home/user/bare"},
    ]});
    assert_eq!(listed, expected);
    let credentials = json!({"username": "ci", "password": "secret", "host": "example.com"});
    assert_eq!(
        git(&world, &id, "POST credentials", credentials).await,
        (200, Value::Null)
    );
    let kept = result(&world, &id, "cat ~/.git-credentials").await;
    assert_eq!(kept, "https://ci:secret@example.com\n");
    // Restores: the working tree from the index, the index from the commit.
    result(&world, &id, "cd one; echo 9 > f; git add f; echo 10 > f").await;
    let restore = json!({"path": "one", "files": ["f"]});
    assert_eq!(
        git(&world, &id, "POST restore", restore).await,
        (200, Value::Null)
    );
    assert_eq!(result(&world, &id, "cat one/f").await, "9\n");
    let restore =
        json!({"path": "one", "files": ["f"], "staged": true, "worktree": true, "source": "HEAD"});
    assert_eq!(
        git(&world, &id, "POST restore", restore).await,
        (200, Value::Null)
    );
    assert_eq!(result(&world, &id, "cat one/f").await, "1\n");
    world.standin.stop().await;
}
