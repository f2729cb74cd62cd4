//! `--sandbox-memory`, which several commands take.

use clap::Args;

/// What a sandbox of a stand-in may hold.
#[derive(Debug, Clone, Args)]
pub(crate) struct SandboxMemory {
    /// Memory of one sandbox of a stand-in, in MiB
    #[arg(
        id = "sandbox_memory",
        long = "sandbox-memory",
        default_value_t = 4096,
        value_name = "MIB",
        value_parser = clap::value_parser!(u32).range(64..=1_048_576)
    )]
    mib: u32,
}

impl SandboxMemory {
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.mib) << 20
    }
}
