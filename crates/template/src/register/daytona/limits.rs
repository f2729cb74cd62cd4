//! What a sandbox may have, in Daytona's own words (contract 5.6).

use serde::Deserialize;

use crate::register::daytona::plan::Sizes;

const MORE: &str = "Need higher resource limits per-sandbox? Contact us at support@daytona.io and let us know about your use case.";

/// The most of each that one sandbox may have.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Caps {
    /// Processors.
    #[serde(rename = "maxCpuPerSandbox")]
    pub cpu: f64,
    /// Memory in GB.
    #[serde(rename = "maxMemoryPerSandbox")]
    pub memory: f64,
    /// Disk in GB.
    #[serde(rename = "maxDiskPerSandbox")]
    pub disk: f64,
}

impl Default for Caps {
    /// What a new organisation has.
    fn default() -> Self {
        Self {
            cpu: 4.0,
            memory: 8.0,
            disk: 10.0,
        }
    }
}

impl Caps {
    /// What Daytona would answer to sizes above them.
    #[must_use]
    pub fn refused(&self, sizes: Sizes) -> Vec<String> {
        let rows = [
            ("CPU", sizes.cpu, self.cpu, ""),
            ("Memory", sizes.memory, self.memory, "GB"),
            ("Disk", sizes.disk, self.disk, "GB"),
        ];
        let above = rows
            .into_iter()
            .filter(|(_, asked, most, _)| f64::from(*asked) > *most);
        above
            .map(|(what, asked, most, unit)| {
                format!(
                    "{what} request {asked}{unit} exceeds maximum allowed per sandbox ({most}{unit}).\n{MORE}"
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_is_told_in_daytona_s_words() {
        let sizes = |cpu, memory, disk| Sizes { cpu, memory, disk };
        assert!(Caps::default().refused(sizes(4, 8, 10)).is_empty());
        let told = Caps::default().refused(sizes(8, 16, 20));
        assert_eq!(
            told[0],
            "CPU request 8 exceeds maximum allowed per sandbox (4).\nNeed higher resource limits per-sandbox? Contact us at support@daytona.io and let us know about your use case."
        );
        assert!(
            told[1].starts_with("Memory request 16GB exceeds maximum allowed per sandbox (8GB).\n")
        );
        assert!(
            told[2].starts_with("Disk request 20GB exceeds maximum allowed per sandbox (10GB).\n")
        );
    }
}
