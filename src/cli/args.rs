//! Arguments as clap reads them, and as `app` takes them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cutover_base::by_side::BySide;

use crate::app::corpus::Select;
use crate::app::limits::Limits;
use crate::app::side_settings::SideSettings;

/// Replays agents' tool calls against two sandbox providers and reports parity before the cutover.
#[derive(Debug, Parser)]
#[command(
    name = "cutover",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay scenarios on both sides, compare, and answer
    Run(Box<RunArgs>),
    /// Run one command on both sides and show the difference
    Try(TryArgs),
    /// Check scenarios and ledger without running anything
    Check(CheckArgs),
    /// List the cases
    List(SelectArgs),
    /// Explain a quirk of the ledger
    Explain(ExplainArgs),
    /// Show one divergence or one case of a run with both sides
    Show(ShowArgs),
    /// Render the reports of a run again, from its journal
    Report(StoredArgs),
    /// Decide again from journals: GO, GO WITH LIMITS, NO-GO, INCONCLUSIVE
    Gate(GateArgs),
    /// Find the fixes that a run's blockers want, by replaying its blocked cases with them
    Fixes(FixesArgs),
    /// Make one run of several shards, and judge it as one
    Merge(MergeArgs),
    /// Prove that the judge finds planted differences and raises no planted noise
    Selftest(SelftestArgs),
    /// Serve a local E2B, a local Daytona, or both, for the official SDKs
    Standin(crate::cli::standin::StandinArgs),
    /// Serve the sandbox tools over MCP, in front of a platform
    Mcp(crate::cli::mcp::McpArgs),
    /// Serve the platform endpoint of the sandbox tools: for rehearsals, and as a reference
    Platform(crate::cli::platform::PlatformArgs),
    /// Stand before an MCP server, and write what is called as a scenario
    Record(crate::cli::record::RecordArgs),
    /// Make scenarios of a log of tool calls
    Import(crate::cli::import::ImportArgs),
    /// Account for every sandbox of unfinished runs
    Reap(ReapArgs),
    /// Compare two sandbox templates and find what is wrong with them, or with the platform's variables
    Audit(crate::cli::audit::AuditArgs),
    /// Build the Daytona snapshot of a folder, and register it
    Snapshot(crate::cli::snapshot::SnapshotArgs),
    /// Build the E2B template of a folder, and register it
    Template(crate::cli::template::TemplateArgs),
    /// Say what works on this machine, and what to do about what does not
    Doctor(DoctorArgs),
    /// Write the shipped scenarios and ledger into this folder
    Init(InitArgs),
    /// Print the JSON Schema of a format
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// What to select.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectArgs {
    /// Scenario files or folders; `./scenarios` if there is one, else the shipped ones
    pub(crate) paths: Vec<PathBuf>,
    /// Where the calls enter: mcp, platform, provider; all if not said
    #[arg(long, value_delimiter = ',')]
    pub(crate) surface: Vec<String>,
    /// Only cases that match this glob
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// Not the cases that match this glob
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<String>,
    /// Only scenarios with one of these tags
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// One part of n: `1/4`
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<String>,
    /// Also replay scenarios with effects outside the sandbox
    #[arg(long, value_name = "external")]
    pub(crate) allow: Option<String>,
    /// A ledger that is added and overrides by id
    #[arg(long, value_name = "FILE")]
    pub(crate) quirks: Option<PathBuf>,
}

/// Who is compared.
#[derive(Debug, Clone, Args)]
pub(crate) struct SidesArgs {
    /// The side of today: provider[@lane][/stack]
    #[arg(long, default_value = "e2b")]
    pub(crate) source: String,
    /// The side to come
    #[arg(long, default_value = "daytona")]
    pub(crate) target: String,
    /// What runs the stand-ins' sandboxes: auto, namespaces, docker, process
    #[arg(long, default_value = "auto")]
    pub(crate) engine: String,
    /// The Docker image of the source's sandboxes, where the source is a stand-in
    #[arg(long, value_name = "IMAGE")]
    pub(crate) source_image: Option<String>,
    /// The Docker image of the target's sandboxes, where the target is a stand-in
    #[arg(long, value_name = "IMAGE")]
    pub(crate) target_image: Option<String>,
    /// Let the stand-ins' sandboxes reach the host's network
    #[arg(long)]
    pub(crate) allow_network: bool,
    #[command(flatten)]
    pub(crate) sandbox_memory: crate::cli::memory::SandboxMemory,
    #[command(flatten)]
    pub(crate) before: crate::cli::before::BeforeArgs,
}

impl SelectArgs {
    /// What `app` selects by.
    pub(crate) fn select(&self) -> Select {
        Select {
            paths: self.paths.clone(),
            surfaces: self.surface.clone(),
            only: self.only.clone(),
            skip: self.skip.clone(),
            tags: self.tags.clone(),
            shard: self.shard.clone(),
            allow: self.allow.clone(),
            quirks: self.quirks.clone(),
            whole_ledger: false,
        }
    }
}

impl SidesArgs {
    /// The sides as `app` opens them, with these faults.
    pub(crate) fn settings(&self, faults: &[String]) -> SideSettings {
        SideSettings {
            specs: BySide {
                source: self.source.clone(),
                target: self.target.clone(),
            },
            engine: self.engine.clone(),
            images: BySide {
                source: self.source_image.clone(),
                target: self.target_image.clone(),
            },
            allow_network: self.allow_network,
            memory_bytes_max: self.sandbox_memory.bytes(),
            faults: faults.to_vec(),
            platforms: self.before.platforms(),
            sessions: self.before.sessions(),
            mcp: self.before.mcp.clone(),
        }
    }
}

impl RunArgs {
    /// What the run may take.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            jobs: usize::from(self.jobs),
            fail_fast: self.fail_fast,
            sandboxes_at_once: self.sandboxes_at_once,
            sandboxes_total: self.sandboxes_total,
            max_minutes: self.max_minutes,
        }
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) sides: SidesArgs,
    /// Replays per side: auto, or a number
    #[arg(long, default_value = "auto")]
    pub(crate) replays: String,
    /// Jobs at once; a job is one case on one side in one replay
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) jobs: u16,
    /// Where run folders are made
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Seed of the start order of the sides
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Print what would be run and create nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Compare what is new and gone with this run
    #[arg(long, value_name = "RUN")]
    pub(crate) since: Option<PathBuf>,
    /// Stop after this many changed cases
    #[arg(long, value_name = "N")]
    pub(crate) fail_fast: Option<u32>,
    /// Sandboxes at once per side
    #[arg(long, value_name = "N")]
    pub(crate) sandboxes_at_once: Option<usize>,
    /// Sandboxes in all
    #[arg(long, value_name = "N")]
    pub(crate) sandboxes_total: Option<u64>,
    /// Minutes in all
    #[arg(long, value_name = "N")]
    pub(crate) max_minutes: Option<u64>,
    /// Fields of noise that are allowed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) noise_limit: u32,
    /// What becomes of fields that agree only without parts which are new in every replay, such as
    /// ids and durations: a limit of the decision, or noise
    #[arg(long, value_parser = ["allow", "refuse"], default_value = "allow")]
    pub(crate) volatile: String,
    /// Rehearse a bad day on stand-ins: `target=503`, `source=latency:50ms`, `target=429:10%`
    #[arg(long, value_name = "SIDE=KIND")]
    pub(crate) fault: Vec<String>,
    /// Exit on the decision as `cutover gate` does, instead of the drift
    #[arg(long)]
    pub(crate) gate: bool,
    /// With --gate: answer for a rehearsal as if it were the real thing
    #[arg(long, requires = "gate")]
    pub(crate) rehearsal: bool,
    /// What GO means, frozen: required cases, lanes, replays, budgets
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Go on with an interrupted run, in its folder, with its scenarios and sides
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "paths", "surface", "only", "skip", "tags", "shard", "quirks", "source", "target", "engine",
        "source_image", "target_image",
        "replays", "out", "seed", "plan", "since", "noise_limit", "volatile", "fault", "profile", "rerun",
    ])]
    pub(crate) resume: Option<PathBuf>,
    /// Run again the cases that this run did not find in order, with its sides
    #[arg(long, value_name = "RUN", conflicts_with_all = ["source", "target", "shard"])]
    pub(crate) rerun: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct TryArgs {
    /// The command, as an agent would give it to `execute`
    pub(crate) cmd: String,
    #[command(flatten)]
    pub(crate) sides: SidesArgs,
    /// Keep it as a scenario
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// The quirk's id; without one, all are listed
    pub(crate) id: Option<String>,
    /// A ledger that is added and overrides by id
    #[arg(long, value_name = "FILE")]
    pub(crate) quirks: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArgs {
    /// The divergence's fingerprint, e.g. D-1a2b3c4d, or the case's id
    #[arg(value_name = "FINGERPRINT|CASE")]
    pub(crate) what: String,
    /// The run
    #[arg(long, default_value = "reports/latest")]
    pub(crate) run: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct StoredArgs {
    /// The run's folder
    #[arg(default_value = "reports/latest")]
    pub(crate) run: PathBuf,
    /// Judge with this ledger instead of the run's own
    #[arg(long, value_name = "FILE")]
    pub(crate) quirks: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct GateArgs {
    /// The runs' folders
    #[arg(default_value = "reports/latest")]
    pub(crate) runs: Vec<PathBuf>,
    /// Judge with this ledger instead of the runs' own
    #[arg(long, value_name = "FILE")]
    pub(crate) quirks: Option<PathBuf>,
    /// Decide by this profile instead of the runs' own
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Answer for a rehearsal as if it were the real thing
    #[arg(long)]
    pub(crate) rehearsal: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct FixesArgs {
    /// The run's folder
    #[arg(default_value = "reports/latest")]
    pub(crate) run: PathBuf,
    /// Judge with this ledger instead of the run's own
    #[arg(long, value_name = "FILE")]
    pub(crate) quirks: Option<PathBuf>,
    /// Jobs at once; a job is one case on one side in one replay
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) jobs: u16,
    #[command(flatten)]
    pub(crate) sandbox_memory: crate::cli::memory::SandboxMemory,
    /// Keep the replays as runs in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct MergeArgs {
    /// The runs' folders: all shards of one run
    #[arg(required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Where the merged run's folder is made
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Exit on the decision as `cutover gate` does, instead of the drift
    #[arg(long)]
    pub(crate) gate: bool,
    /// With --gate: answer for a rehearsal as if it were the real thing
    #[arg(long, requires = "gate")]
    pub(crate) rehearsal: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SelftestArgs {
    /// Exchange how the two stand-ins run a command, and count what the ledger says of it
    #[arg(long)]
    pub(crate) swap: bool,
    /// What runs the stand-ins' sandboxes
    #[arg(long, default_value = "auto")]
    pub(crate) engine: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ReapArgs {
    /// Where run folders are
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    /// Where run folders would be made
    #[arg(long, default_value = "reports", value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct InitArgs {
    /// Where `scenarios/` is made
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SchemaArgs {
    /// scenario or report
    #[arg(default_value = "scenario")]
    pub(crate) format: String,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
