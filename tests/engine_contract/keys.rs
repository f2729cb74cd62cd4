//! Keys of the kernel: nothing inside reaches those of whoever made the sandbox, nor those of
//! another sandbox.

use std::process::Stdio;

use cutover_standin::engine::{EngineSandbox, Identity, SpawnRequest};
use tokio::process::Command;

use crate::place::{
    Case, Place, bash, case, engine_of, profile, read_until, run, variable, within,
};

pub(crate) const CASES: &[Case] = &[
    case!(
        the_keys_of_the_owner_are_out_of_reach,
        &["isolation", "python3"]
    ),
    case!(
        keys_do_not_pass_between_sandboxes,
        &["isolation", "python3"]
    ),
    case!(
        many_sandboxes_use_up_no_quota,
        &["isolation", "python3", "keys"]
    ),
];

/// The hidden argument that makes this binary own a sandbox and look for keys in it.
pub(crate) const OWNER_ARGUMENT: &str = "__own-a-sandbox-with-keys";

/// The three calls, and what is done with them; `call` gives a negative errno on failure.
const CALLS: &str = "
import ctypes, os, platform, sys
libc = ctypes.CDLL(None, use_errno=True)
first = {'x86_64': 248, 'aarch64': 217}[platform.machine()]
ADD, REQUEST, KEYCTL = first, first + 1, first + 2
THREAD, SESSION, USER, USER_SESSION = -1, -3, -4, -5
def call(*arguments):
    arguments = [a if isinstance(a, bytes) else None if a is None else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(*arguments)
    return result if result >= 0 else -ctypes.get_errno()
def add(name, ring):
    return call(ADD, b'user', name, b'secret', 6, ring)
";

/// Leaves its session, puts keys into keyrings of a new one and of its user, grants its user every
/// right on them, and becomes what its arguments say with their numbers added.
const OWNER: &str = "
assert call(KEYCTL, 1, None) > 0
for ring in (USER, USER_SESSION): assert call(KEYCTL, 8, ring, SESSION) == 0
keys = []
for ring, name in ((SESSION, b'walls-session'), (USER, b'walls-user'), (USER_SESSION, b'walls-both')):
    key = add(name, ring)
    assert key > 0, (ring, key)
    # Every right of possessor and user.
    assert call(KEYCTL, 5, key, 0x3f3f0000) == 0
    assert call(KEYCTL, 15, key, 300) == 0
    keys += [key, call(KEYCTL, 0, ring, 0)]
os.execv(sys.argv[1], sys.argv[1:] + [str(key) for key in keys])
";

/// Tries everything on the keys that its arguments name, and says what was not refused.
const THIEF: &str = "
buffer = ctypes.create_string_buffer(100)
own = add(b'own', SESSION)
for key in map(int, sys.argv[1:]):
    for what, arguments in {
        'update': (2, key, b'other', 5, 0), 'chown': (4, key, os.getuid(), -1),
        'setperm': (5, key, 0x3f3f0000), 'clear': (7, key), 'link': (8, key, SESSION),
        'link into': (8, own, key), 'search': (10, key, b'user', b'walls-session', 0),
        'timeout': (15, key, 1), 'invalidate': (21, key), 'revoke': (3, key),
    }.items():
        if call(KEYCTL, *arguments) >= 0: print(what, key)
    for what, operation in (('describe', 6), ('read', 11)):
        address = ctypes.addressof(buffer)
        if call(KEYCTL, operation, key, address, 100) >= 0: print(what, key, buffer.value)
for name in (b'walls-session', b'walls-user', b'walls-both'):
    if call(REQUEST, b'user', name, None, SESSION) >= 0: print('request', name)
    for ring in (THREAD, SESSION, USER, USER_SESSION):
        if call(KEYCTL, 10, ring, b'user', name, 0) >= 0: print('search', ring, name)
if call(REQUEST, b'user', b'walls-new', b'call out', SESSION) != -1: print('called out')
for path in ('/proc/keys', '/proc/key-users'):
    try:
        text = open(path).read()
        if 'walls' in text: print(path, text)
    except OSError: pass
print('done', flush=True)
";

fn python(script: &str, arguments: &[String]) -> SpawnRequest {
    let mut request = bash("");
    let script = format!("{CALLS}{script}");
    request.argv = ["python3".to_owned(), "-c".to_owned(), script].into();
    request.argv.extend_from_slice(arguments);
    request
}

/// Looks for the keys with these numbers inside a sandbox, if the arguments say so.
pub(crate) fn dispatch(helper: &std::path::Path) -> bool {
    if std::env::args().nth(1).as_deref() != Some(OWNER_ARGUMENT) {
        return false;
    }
    let keys: Vec<String> = std::env::args().skip(2).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let engine = variable("CUTOVER_TEST_ENGINE").unwrap();
    runtime.block_on(async {
        let engine = engine_of(&engine, helper).await.unwrap();
        let sandbox = engine.create(&profile("keys")).await.unwrap();
        let has_root = engine.capabilities().iter().any(|has| has == "root");
        for identity in identities(has_root) {
            let mut thief = python(THIEF, &keys);
            thief.identity = identity;
            let ran = run(&*sandbox, thief).await;
            print!("{}{}", ran.stdout, ran.stderr);
        }
        sandbox.destroy().await;
    });
    true
}

fn identities(has_root: bool) -> Vec<Identity> {
    let mut all = vec![crate::place::user()];
    all.extend(has_root.then_some(Identity::Root));
    all
}

async fn the_keys_of_the_owner_are_out_of_reach(place: Place) {
    let script = format!("{CALLS}{OWNER}");
    let owner = Command::new("/usr/bin/python3")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .arg(OWNER_ARGUMENT)
        .env("CUTOVER_TEST_HELPER", &place.helper)
        .env("CUTOVER_TEST_ENGINE", place.engine.name())
        .stdin(Stdio::null())
        .output();
    let owner = within(owner).await.unwrap();
    let told = String::from_utf8_lossy(&owner.stdout).into_owned();
    let expected = "done\n".repeat(identities(place.has("root")).len());
    assert_eq!(told, expected, "{}", String::from_utf8_lossy(&owner.stderr));
}

/// Makes a key that everybody may use, as far as that is allowed, says its number, and keeps it.
const GIVER: &str = "
key = add(b'walls-session', SESSION)
granted = call(KEYCTL, 5, key, 0x3f3f3f3f)
print(key, granted, call(KEYCTL, 11, key, ctypes.addressof(ctypes.create_string_buffer(9)), 9))
print('up', flush=True)
sys.stdin.read()
";

async fn keys_do_not_pass_between_sandboxes(place: Place) {
    let giving = place.sandbox().await;
    let taking = place.sandbox().await;
    for identity in identities(place.has("root")) {
        let mut giver = python(GIVER, &[]);
        giver.stdin = cutover_standin::engine::StdinMode::Pipe;
        giver.identity = identity.clone();
        let mut giver = within(giving.spawn(giver)).await.unwrap();
        let said = read_until(&mut giver.stdout, "up\n").await;
        let numbers: Vec<i64> = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [key, granted, read] = numbers[..] else {
            panic!("{said}");
        };
        assert_eq!(granted, -1, "nobody grants rights to everybody");
        // Where the sandbox has ids of its own, it has keys of its own.
        let works = place.has("root") && place.has("keys");
        assert_eq!((key > 0, read == 6), (works, works), "{said}");
        let number = key.max(1).to_string();
        for taker in identities(place.has("root")) {
            let mut thief = python(THIEF, std::slice::from_ref(&number));
            thief.identity = taker;
            let ran = run(&*taking, thief).await;
            assert_eq!(ran.stdout, "done\n", "{}", ran.stderr);
        }
        drop(giver.stdin.take());
    }
}

/// An ordinary user has 200 keys in all; these are half as many again.
const MANY: usize = 300;

async fn many_sandboxes_use_up_no_quota(place: Place) {
    let mut held = Vec::new();
    for _ in 0..MANY {
        held.push(place.sandbox().await);
    }
    let add = "print(add(b'own', SESSION) > 0)";
    let of = async |sandbox: &dyn EngineSandbox| run(sandbox, python(add, &[])).await.stdout;
    let first = of(&*held[0]).await;
    assert_eq!(
        first,
        if place.has("root") {
            "True\n"
        } else {
            "False\n"
        }
    );
    assert_eq!(of(&*held[MANY - 1]).await, first);
    // Whoever made them can still have keys himself.
    let script = format!("{CALLS}print(call(KEYCTL, 1, None) > 0 and add(b'mine', SESSION) > 0)");
    let own = Command::new("/usr/bin/python3")
        .args(["-c", &script])
        .output();
    let own = within(own).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&own.stdout), "True\n");
}
