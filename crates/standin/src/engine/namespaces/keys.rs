//! The kernel's keys: a sandbox has none of those of whoever runs cutover.
//!
//! Keys are no namespace's: a process reaches those of the session keyring it inherits, and by
//! number those of its user id. So the helper joins a new, unnamed session keyring before it takes
//! the sandbox's ids. Where the sandbox keeps the caller's id that is not enough, and it would take
//! from the caller's small quota of keys: there a filter answers `EPERM` to the three calls. With
//! ids of its own a sandbox has working keys, but neither calls the host's `request-key` program
//! nor grants rights to everybody, which would hand a key from sandbox to sandbox by its number.

use std::io;

use libc::{SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, sock_filter};

use super::wire::Ids;
use crate::engine::sys;

/// What is left to be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// All calls are refused.
    Closed,
    /// The session keyring is the sandbox's own.
    Own,
}

/// Leaves the session keyring of the caller. To be called before the sandbox's ids are taken.
pub(super) fn leave_session(ids: Ids) -> Keys {
    match ids {
        Ids::Single { .. } => Keys::Closed,
        // A kernel without keys, a container that forbids the call, no room in the quota of one
        // who is root of a namespace only: then there are no keys inside either.
        Ids::Range { .. } if sys::join_session_keyring().is_err() => Keys::Closed,
        Ids::Range { .. } | Ids::Container => Keys::Own,
    }
}

/// Puts the filter over the caller and everything it will start. Needs `CAP_SYS_ADMIN` in its own
/// user namespace.
///
/// # Errors
/// When the kernel has no filters.
pub(super) fn filter(keys: Keys) -> io::Result<()> {
    sys::filter_calls(&program(keys))
}

/// An ABI's audit number and its numbers of `add_key`, `request_key` and `keyctl`.
struct Abi {
    audit: u32,
    calls: [u32; 3],
}

#[cfg(target_arch = "x86_64")]
const NATIVE: Abi = Abi {
    audit: 0xc000_003e,
    calls: [248, 249, 250],
};
#[cfg(target_arch = "x86_64")]
const COMPAT: Abi = Abi {
    audit: 0x4000_0003,
    calls: [286, 287, 288],
};
#[cfg(target_arch = "aarch64")]
const NATIVE: Abi = Abi {
    audit: 0xc000_00b7,
    calls: [217, 218, 219],
};
#[cfg(target_arch = "aarch64")]
const COMPAT: Abi = Abi {
    audit: 0x4000_0028,
    calls: [309, 310, 311],
};

/// Takes the bit of the x32 ABI off, whose calls have the same numbers here; no other number has it.
const NUMBER_MASK: u32 = !0x4000_0000;

/// `KEYCTL_SETPERM`, and the bits of its mask that are everybody's rights.
const SETPERM: u32 = 5;
const EVERYBODY: u32 = 0xff;

// Offsets in `struct seccomp_data`; arguments have eight bytes, the low four first.
const NUMBER: u32 = 0;
const AUDIT: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

const ALLOW: sock_filter = statement(libc::BPF_RET | libc::BPF_K, SECCOMP_RET_ALLOW);
const REFUSE: sock_filter = statement(
    libc::BPF_RET | libc::BPF_K,
    SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(),
);

#[expect(
    clippy::cast_possible_truncation,
    reason = "the codes of the instruction set have eight bits"
)]
const fn statement(code: u32, k: u32) -> sock_filter {
    let code = code as u16;
    let (jt, jf) = (0, 0);
    sock_filter { code, jt, jf, k }
}

const fn load(offset: u32) -> sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

/// Goes on behind the next `skip` instructions unless the loaded word is `k`.
const fn unless_equal(k: u32, skip: u8) -> sock_filter {
    let mut jump = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, k);
    jump.jf = skip;
    jump
}

/// The same unless the loaded word has one of the bits of `k`.
const fn unless_any(k: u32, skip: u8) -> sock_filter {
    let mut jump = statement(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, k);
    jump.jf = skip;
    jump
}

fn program(keys: Keys) -> Vec<sock_filter> {
    let mut native = vec![
        load(NUMBER),
        statement(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, NUMBER_MASK),
    ];
    let [_, request_key, keyctl] = NATIVE.calls;
    match keys {
        Keys::Closed => native.extend(refuse_all(NATIVE.calls)),
        Keys::Own => native.extend([
            unless_equal(request_key, 6),
            // With call-out information the kernel starts a program of the host.
            load(argument(2)),
            unless_any(u32::MAX, 1),
            REFUSE,
            load(argument(2) + 4),
            unless_any(u32::MAX, 7),
            REFUSE,
            unless_equal(keyctl, 5),
            load(argument(0)),
            unless_equal(SETPERM, 3),
            load(argument(2)),
            unless_any(EVERYBODY, 1),
            REFUSE,
        ]),
    }
    native.push(ALLOW);
    let mut compat = vec![load(NUMBER)];
    compat.extend(refuse_all(COMPAT.calls));
    compat.push(ALLOW);
    let mut program = Vec::new();
    for (abi, body) in [(NATIVE, native), (COMPAT, compat)] {
        let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
        program.extend([load(AUDIT), unless_equal(abi.audit, length)]);
        program.extend(body);
    }
    program.push(ALLOW);
    program
}

fn refuse_all(calls: [u32; 3]) -> impl Iterator<Item = sock_filter> {
    calls
        .into_iter()
        .flat_map(|call| [unless_equal(call, 1), REFUSE])
}
