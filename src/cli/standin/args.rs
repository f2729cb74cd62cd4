//! Arguments of `cutover standin`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::memory::SandboxMemory;

#[derive(Debug, Clone, Args)]
pub(crate) struct StandinArgs {
    /// e2b, daytona or both
    pub(crate) provider: String,
    /// Port on loopback, 0 for a free one; of `both` the second gets the next, or `daytona=3001`
    /// names one
    #[arg(long, value_name = "[SIDE=]PORT")]
    pub(crate) port: Vec<String>,
    /// What runs its sandboxes: auto, namespaces, docker, process
    #[arg(long, default_value = "auto")]
    pub(crate) engine: String,
    /// The Docker image of its sandboxes
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// The key to accept, of the provider's shape; one is made if none is given
    #[arg(long, value_name = "[SIDE=]KEY")]
    pub(crate) key: Vec<String>,
    /// Keep keys and snapshots in this folder from one start to the next
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Let its clock run so many times as fast; 0 stands still until it is advanced
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) clock_speed: Option<String>,
    /// A fault from the start, e.g. `503:10%` or `e2b=latency:50ms`
    #[arg(long, value_name = "[SIDE=]KIND")]
    pub(crate) fault: Vec<String>,
    /// Write a line of JSON per request; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Write the NAME=value lines into this file too, before the ready line
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Let sandboxes reach the host's network
    #[arg(long)]
    pub(crate) allow_network: bool,
    #[command(flatten)]
    pub(crate) sandbox_memory: SandboxMemory,
}
