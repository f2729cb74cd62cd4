//! What the sandboxes of a template are to have (contract 7.2).

use crate::e2b::body::{Fields, mismatch};
use crate::e2b::build::Resources;
use crate::e2b::error::ControlError;
use crate::e2b::template::CPU_COUNT;

/// Processors at most for anybody, and for a team without a contract of its own.
const CPUS_MAX: i64 = 32;
const TEAM_CPUS_MAX: i64 = 8;

/// Memory of one sandbox: at least, for a team at most, and unless something is said.
const MEMORY_MB_MIN: i64 = 128;
const TEAM_MEMORY_MB_MAX: i64 = 8192;
const MEMORY_MB: i64 = 1024;

const SUPPORT: &str = "(if you need to increase this limit, please contact support)";

/// Reads and checks them.
pub(super) fn read(fields: &Fields) -> Result<Resources, ControlError> {
    let refuse = |text: String| Err(ControlError::bad_request(text));
    let cpus = integer(fields, "cpuCount")?.unwrap_or(i64::from(CPU_COUNT));
    let memory = integer(fields, "memoryMB")?.unwrap_or(MEMORY_MB);
    integer(fields, "minFreeDiskMb")?;
    if cpus < 1 {
        return refuse("CPU count must be at least 1".to_owned());
    }
    if cpus > CPUS_MAX {
        return refuse(format!("CPU count must be at most {CPUS_MAX}"));
    }
    if cpus != 1 && cpus % 2 != 0 {
        return refuse("CPU count must be 1 or an even number".to_owned());
    }
    if cpus > TEAM_CPUS_MAX {
        return refuse(format!(
            "CPU count can't be higher than {TEAM_CPUS_MAX} {SUPPORT}"
        ));
    }
    if memory < MEMORY_MB_MIN {
        return refuse(format!("Memory must be at least {MEMORY_MB_MIN} MiB"));
    }
    if memory % 2 != 0 {
        return refuse("Memory must be divisible by 2".to_owned());
    }
    if memory > TEAM_MEMORY_MB_MAX {
        return refuse(format!(
            "Memory can't be higher than {TEAM_MEMORY_MB_MAX} MiB {SUPPORT}"
        ));
    }
    Ok(Resources {
        cpus: u32::try_from(cpus).unwrap_or(CPU_COUNT),
        memory_mb: memory.unsigned_abs(),
    })
}

fn integer(fields: &Fields, name: &str) -> Result<Option<i64>, ControlError> {
    match fields.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(number)),
            None => Err(mismatch(name, "value must be an integer")),
        },
    }
}
