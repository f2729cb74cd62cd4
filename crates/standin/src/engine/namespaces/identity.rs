//! Takes on the rights that a process or file operation has.

use std::io;

use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use super::wire::{Ids, Who};
use crate::engine::sys;

/// What root inside may do, as in an ordinary container: chown, `dac_override`, fowner, fsetid,
/// kill, setgid, setuid, setpcap, `net_bind_service`, `sys_chroot`. Neither mounts nor tracing,
/// so that init is out of reach.
const ROOT_CAPABILITIES: u64 =
    1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 18;

/// A command's rights: no capability but those of [`ROOT_CAPABILITIES`] for root.
pub(super) fn become_command(who: &Who, ids: Ids) -> io::Result<()> {
    match (who, ids) {
        (Who::Root | Who::User { uid: 0, .. }, Ids::Range { .. } | Ids::Container) => {
            let groups = match who {
                Who::User { groups, .. } => groups.as_slice(),
                Who::Root => &[0],
            };
            set_ids(0, 0, groups)?;
            sys::drop_bounding(ROOT_CAPABILITIES)?;
            sys::set_capabilities(ROOT_CAPABILITIES)
        }
        (Who::User { uid, gid, groups }, Ids::Range { .. } | Ids::Container) => {
            // First the bounding set, which needs a capability, then the ids, which need others.
            // An image may have programs that make one root; elsewhere there are none.
            let root_again = ids == Ids::Container;
            sys::drop_bounding(if root_again { ROOT_CAPABILITIES } else { 0 })?;
            set_ids(*uid, *gid, groups)?;
            sys::set_capabilities(0)
        }
        (Who::User { uid: 1000, .. }, Ids::Single { .. }) => {
            sys::drop_bounding(0)?;
            sys::set_capabilities(0)
        }
        // The host refuses these before it asks; this is the second line.
        (_, Ids::Single { .. }) => Err(io::Error::from_raw_os_error(libc::EPERM)),
    }
}

/// A file operation's rights: root keeps the capabilities of the sandbox's own user namespace.
pub(super) fn become_file_server(who: &Who, ids: Ids) -> io::Result<()> {
    match who {
        Who::Root => Ok(()),
        Who::User { .. } => become_command(who, ids),
    }
}

fn set_ids(uid: u32, gid: u32, groups: &[u32]) -> io::Result<()> {
    let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    setgroups(&groups)?;
    let gid = Gid::from_raw(gid);
    setresgid(gid, gid, gid)?;
    let uid = Uid::from_raw(uid);
    setresuid(uid, uid, uid)?;
    Ok(())
}
