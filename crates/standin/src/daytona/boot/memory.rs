//! What the daemon of one boot keeps in memory besides sessions: its own environment, terminals,
//! interpreters. All of it is gone with the boot (contract 3.1).

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::daytona::boot::env::EnvChanges;
use crate::daytona::boot::interpreter::Contexts;
use crate::daytona::boot::pty::Ptys;

/// The memory of the daemon that runs now.
#[derive(Debug, Default)]
pub(in crate::daytona) struct Live {
    now: Mutex<Option<(CancellationToken, Arc<BootMemory>)>>,
}

/// The memory of one boot.
#[derive(Debug, Default)]
pub(in crate::daytona) struct BootMemory {
    pub(in crate::daytona) env: EnvChanges,
    pub(in crate::daytona) ptys: Ptys,
    pub(in crate::daytona) contexts: Contexts,
    /// Held by whoever begins the entrypoint's session.
    pub(in crate::daytona) entrypoint: tokio::sync::Mutex<()>,
}

impl Live {
    /// The memory of a boot: empty when it is a new one.
    pub(in crate::daytona) fn of(&self, boot: &CancellationToken) -> Arc<BootMemory> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if boot.is_cancelled() {
            // Somebody who has not noticed yet; nothing that is kept may come of it.
            return Arc::default();
        }
        match &*now {
            Some((of, memory)) if !of.is_cancelled() => Arc::clone(memory),
            _ => {
                let memory = Arc::<BootMemory>::default();
                *now = Some((boot.clone(), Arc::clone(&memory)));
                memory
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_boot_remembers_nothing() {
        let live = Live::default();
        let first = CancellationToken::new();
        let memory = live.of(&first);
        assert!(Arc::ptr_eq(&memory, &live.of(&first)));
        first.cancel();
        assert!(!Arc::ptr_eq(&memory, &live.of(&first)));
        let second = CancellationToken::new();
        let fresh = live.of(&second);
        assert!(!Arc::ptr_eq(&memory, &fresh));
        assert!(Arc::ptr_eq(&fresh, &live.of(&second)));
    }
}
