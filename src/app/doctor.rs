//! What works on this machine, and what to do about what does not.

use std::path::Path;

use cutover_standin::engine::EngineSettings;

use crate::app::corpus::{Corpus, Select};
use crate::app::environment::Environment;
use crate::app::machine;
use crate::app::settings::UserSettings;
use crate::call::Provider;
use crate::driver::http::HttpClients;
use crate::stage::{EngineChoice, choose_engine, live_driver};

/// What was found.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) findings: Vec<Finding>,
    /// Whether the default run would work: keys are needed for live lanes only, and one engine is
    /// enough.
    pub(crate) can_run: bool,
}

/// One thing that was looked at.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) ok: bool,
    pub(crate) what: String,
    pub(crate) detail: String,
}

/// Looks at the machine; run folders would be made in `out`.
pub(crate) async fn diagnose(out: &Path, environment: &Environment) -> Diagnosis {
    let mut engines = environment.engine();
    // To look is not to download.
    engines.docker.never_pull = true;
    let temporary = of("temporary files", machine::temporary(environment));
    let open_files = of("open files of cutover", machine::open_files());
    let namespaces = engine(EngineChoice::Namespaces, &engines).await;
    let docker = engine(EngineChoice::Docker, &engines).await;
    let process = engine(EngineChoice::Process, &engines).await;
    let settings = settings(&environment.settings);
    let (corpus, folder) = (corpus(&environment.settings), writable(out));
    let needed = [&corpus, &settings, &folder, &temporary, &open_files];
    // `auto` takes the one or the other.
    let has_engine = namespaces.ok || docker.ok;
    let can_run = has_engine && needed.iter().all(|finding| finding.ok);
    let memory = memory(&engines).await;
    let mut findings = vec![
        namespaces, docker, process, corpus, settings, folder, temporary, open_files, memory,
    ];
    let clients = HttpClients::new();
    for provider in [Provider::E2b, Provider::Daytona] {
        findings.push(live(provider, &clients, environment));
    }
    Diagnosis { findings, can_run }
}

fn of(what: &str, found: Result<String, String>) -> Finding {
    let ok = found.is_ok();
    Finding {
        ok,
        what: what.to_owned(),
        detail: found.unwrap_or_else(|problem| problem),
    }
}

async fn engine(choice: EngineChoice, engines: &EngineSettings) -> Finding {
    let what = format!("engine {}", choice.name());
    match choose_engine(choice, engines).await {
        Ok(engine) => {
            let mut detail = engine.capabilities().join(", ");
            if choice == EngineChoice::Process {
                detail = format!("usable by name only, no isolation ({detail})");
            }
            Finding {
                ok: true,
                what,
                detail,
            }
        }
        Err(error) => Finding {
            ok: false,
            what,
            detail: error.to_string(),
        },
    }
}

/// Whether a sandbox's memory is limited. A run does not need it.
async fn memory(engines: &EngineSettings) -> Finding {
    let limited = match choose_engine(EngineChoice::Namespaces, engines).await {
        Ok(engine) => engine
            .capabilities()
            .iter()
            .any(|has| has == "memory_limit"),
        Err(_) => false,
    };
    let detail = if limited {
        "engine namespaces watches it and ends the largest holder of a sandbox over 4 GiB \
         (--sandbox-memory says otherwise), beside 1 GiB of files; for a harder limit run cutover \
         itself with one (systemd-run -p MemoryMax=8G ...)"
    } else {
        "not limited: a command may use what the host has, so run cutover itself with a limit \
         where that matters (systemd-run -p MemoryMax=8G ...)"
    };
    Finding {
        ok: limited,
        what: "memory of a sandbox".to_owned(),
        detail: detail.to_owned(),
    }
}

fn corpus(settings: &UserSettings) -> Finding {
    let what = "scenarios and ledger".to_owned();
    match Corpus::load(&Select::default(), settings) {
        Ok(corpus) => Finding {
            ok: true,
            what,
            detail: format!(
                "{} scenarios, {} ledger entries from {}",
                corpus.scenarios.len(),
                corpus.ledger.entries.len(),
                corpus.from
            ),
        },
        Err(error) => Finding {
            ok: false,
            what,
            detail: error.to_string(),
        },
    }
}

fn settings(settings: &UserSettings) -> Finding {
    let (ok, detail) = match settings.checked() {
        Ok(_) => (true, "no mistake in them, or none given".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let what = "settings cutover.yaml".to_owned();
    Finding { ok, what, detail }
}

fn writable(out: &Path) -> Finding {
    let what = format!("run folder {}", out.display());
    let existing = out
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() {
        Path::new(".")
    } else {
        existing
    };
    match tempfile::NamedTempFile::new_in(existing) {
        Ok(_) => Finding {
            ok: true,
            what,
            detail: "can be written".to_owned(),
        },
        Err(error) => Finding {
            ok: false,
            what,
            detail: format!("cannot be written: {error}; choose another with --out"),
        },
    }
}

fn live(provider: Provider, clients: &HttpClients, environment: &Environment) -> Finding {
    let what = format!("{provider}@live");
    match live_driver(provider, clients, &|name| environment.var(name)) {
        Ok((driver, _secrets)) => Finding {
            ok: true,
            what,
            detail: format!("configured for {} (not asked)", driver.facts().endpoint),
        },
        Err(error) => Finding {
            ok: false,
            what,
            detail: error.to_string(),
        },
    }
}
