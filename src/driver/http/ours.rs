//! Which failures are our own machine's: no socket, no memory, no room. The provider has no part
//! in them.

use std::error::Error;
use std::io;

/// What the operating system says when it has nothing left for this process, or denies it.
const OURS: [i32; 10] = [
    libc::EMFILE,
    libc::ENFILE,
    libc::ENOMEM,
    libc::ENOBUFS,
    libc::ENOSPC,
    libc::EDQUOT,
    libc::EADDRINUSE,
    libc::EADDRNOTAVAIL,
    libc::EACCES,
    libc::EPERM,
];

/// Whether an error or one of its causes is our own machine's.
pub(crate) fn is_ours(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if error
                .raw_os_error()
                .is_some_and(|code| OURS.contains(&code))
            {
                return true;
            }
            // The source of such an error is the source of what it holds, not what it holds.
            if error.get_ref().is_some_and(|held| is_ours(held)) {
                return true;
            }
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operating_system_denies_us_is_ours() {
        for code in OURS {
            assert!(is_ours(&io::Error::from_raw_os_error(code)), "{code}");
        }
        let held = io::Error::other(io::Error::from_raw_os_error(libc::EMFILE));
        assert!(is_ours(&held));
    }

    #[test]
    fn what_the_other_end_does_is_not() {
        for code in [
            libc::ECONNREFUSED,
            libc::ECONNRESET,
            libc::ETIMEDOUT,
            libc::EPIPE,
        ] {
            assert!(!is_ours(&io::Error::from_raw_os_error(code)), "{code}");
        }
        assert!(!is_ours(&io::Error::other("tls")));
    }
}
