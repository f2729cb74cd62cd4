//! What is beside a file: its attributes, and the file system that it lies in.

use cutover_standin::engine::Attribute;

use crate::place::{Case, Place, bash, case, put, run, user};

pub(crate) const CASES: &[Case] = &[
    case!(attributes_are_kept_listed_and_replaced),
    case!(a_file_system_tells_its_size),
];

/// Where the file system of the sandbox has no `user.*` attributes (tmpfs before Linux 6.6) the
/// errno says so.
async fn attributes_are_kept_listed_and_replaced(place: Place) {
    let sandbox = place.sandbox().await;
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, Vec<u8>)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
        pairs.iter().map(owned).collect()
    };
    let names = |attributes: &[Attribute]| -> Vec<String> {
        let text = |it: &Attribute| {
            let value = String::from_utf8_lossy(&it.value);
            format!("{} {}={value}", it.entry, it.name)
        };
        attributes.iter().map(text).collect()
    };
    put(&*sandbox, "/home/user/f", b"x", &user()).await;
    run(
        &*sandbox,
        bash("ln -s f ~/link; ln -s no ~/broken; : > ~/g"),
    )
    .await;
    let set = async |path: &str, new: &[(&str, &str)]| {
        let who = user();
        let set = sandbox.set_attributes(path, "user.a.", pairs(new), &who);
        set.await
    };
    match set("/home/user/f", &[("user.a.y", "2"), ("user.a.x", "1")]).await {
        Err(error) if error.errno() == Some(libc::EOPNOTSUPP) => return,
        outcome => outcome.unwrap(),
    }
    set("/home/user/g", &[("user.a.z", "")]).await.unwrap();
    let of = async |path: &str, prefix: &str| {
        let found = sandbox.attributes(path, prefix, &user()).await.unwrap();
        names(&found)
    };
    let both = [" user.a.x=1", " user.a.y=2"];
    assert_eq!(of("/home/user/link", "user.a.").await, both);
    assert!(of("/home/user/f", "user.b.").await.is_empty());
    let who = user();
    let all = sandbox.entries_attributes("/home/user", "user.a.", &who);
    let expected = [
        "f user.a.x=1",
        "f user.a.y=2",
        "g user.a.z=",
        "link user.a.x=1",
        "link user.a.y=2",
    ];
    assert_eq!(names(&all.await.unwrap()), expected);
    set("/home/user/f", &[("user.a.y", "3")]).await.unwrap();
    assert_eq!(of("/home/user/f", "user.").await, [" user.a.y=3"]);
    let missing = sandbox.attributes("/home/user/no", "user.", &user()).await;
    assert_eq!(missing.unwrap_err().errno(), Some(libc::ENOENT));
}

async fn a_file_system_tells_its_size(place: Place) {
    let sandbox = place.sandbox().await;
    let facts = sandbox.file_system("/home/user", &user()).await.unwrap();
    assert!(
        facts.bytes_max > 0 && facts.bytes_free <= facts.bytes_max,
        "{facts:?}"
    );
    let missing = sandbox.file_system("/home/user/no", &user()).await;
    assert_eq!(missing.unwrap_err().errno(), Some(libc::ENOENT));
}
