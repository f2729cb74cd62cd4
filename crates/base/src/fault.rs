//! What a fault is, and how it is written: `503`, `429:25%`, `latency:50ms`, `reset:10%`.
//!
//! One grammar for whoever reads a fault: the scenario's check, `--fault`, the stand-in's desk.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Seconds that a `429` asks to wait: the least the header can say, as a run has a budget.
const RETRY_AFTER_S: u64 = 1;

/// The longest latency that may be asked for; more is a typing mistake, not a bad day.
const LATENCY_MAX: Duration = Duration::from_secs(600);

const KINDS: &str = "a status from 400 to 599, latency:50ms, reset, truncate, slow or death, each with an \
     optional share such as `:10%`";

/// Characters of a wrong word that a message shows.
const SHOWN_CHARS_MAX: usize = 40;

/// One fault and the share of requests that it hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// From 0 to 1; every n-th request, counted, so that a run is repeatable.
    pub share: f64,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes later.
    Latency(Duration),
    /// 429 with `Retry-After` in seconds, nothing is done.
    RateLimited {
        /// What the header says.
        retry_after_s: u64,
    },
    /// This status from 400 to 599 but 429, nothing is done.
    Status(u16),
    /// The connection is reset before an answer.
    Reset,
    /// The work is done, the answer breaks off in the middle.
    Truncate,
    /// The answer's body dribbles.
    Slow,
    /// The sandbox dies when it is next addressed.
    Death,
}

/// A fault that cannot be read; the text says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

impl Fault {
    /// A fault that hits every request.
    pub const fn always(kind: FaultKind) -> Self {
        Self { kind, share: 1.0 }
    }

    /// Reads what stands in a `fault` step: one fault, several with commas, or `none`.
    ///
    /// # Errors
    /// When a piece is no fault; the text says what would be right.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FaultError> {
        if text.trim() == "none" {
            return Ok(Vec::new());
        }
        text.split(',').map(|piece| piece.trim().parse()).collect()
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, share) = match text.rsplit_once(':') {
            Some((kind, share)) if share.ends_with('%') => (kind, read_share(share)?),
            _ => (text, 1.0),
        };
        let kind = read_kind(kind)?;
        Ok(Self { kind, share })
    }
}

fn read_kind(text: &str) -> Result<FaultKind, FaultError> {
    let (word, argument) = match text.split_once(':') {
        Some((word, argument)) => (word, Some(argument)),
        None => (text, None),
    };
    let kind = match (word, argument) {
        ("latency", Some(argument)) => return read_latency(argument),
        ("latency", None) => {
            return Err(FaultError(
                "`latency` needs a time, e.g. `latency:50ms`".to_owned(),
            ));
        }
        ("429", None) => FaultKind::RateLimited {
            retry_after_s: RETRY_AFTER_S,
        },
        ("reset", None) => FaultKind::Reset,
        ("truncate", None) => FaultKind::Truncate,
        ("slow", None) => FaultKind::Slow,
        ("death", None) => FaultKind::Death,
        (word, None) => FaultKind::Status(read_status(word)?),
        ("429" | "reset" | "truncate" | "slow" | "death", Some(argument)) => {
            return Err(FaultError(format!(
                "`{word}` takes only a share, e.g. `{word}:10%`, not `{}`",
                shown(argument)
            )));
        }
        (word, Some(argument)) => {
            let status = read_status(word)?;
            return Err(FaultError(format!(
                "`{status}` takes only a share, e.g. `{status}:10%`, not `{}`",
                shown(argument)
            )));
        }
    };
    Ok(kind)
}

/// The beginning of what was written, fit for a message.
fn shown(text: &str) -> String {
    text.escape_debug().take(SHOWN_CHARS_MAX).collect()
}

fn read_status(word: &str) -> Result<u16, FaultError> {
    match word.parse::<u16>() {
        Ok(status @ 400..=599) if word.len() == 3 => Ok(status),
        _ => Err(FaultError(format!(
            "unknown fault `{}`; {KINDS}",
            shown(word)
        ))),
    }
}

fn read_latency(text: &str) -> Result<FaultKind, FaultError> {
    let wrong = || {
        FaultError(format!(
            "`{}` is no latency; a whole number with a unit up to 600 s, e.g. `latency:50ms` \
             or `latency:2s`",
            shown(text)
        ))
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let latency = match &text[digits.len()..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        _ => return Err(wrong()),
    };
    if latency > LATENCY_MAX {
        return Err(wrong());
    }
    Ok(FaultKind::Latency(latency))
}

fn read_share(text: &str) -> Result<f64, FaultError> {
    let percent: Option<f64> = text.strip_suffix('%').and_then(|text| {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| text.parse().ok()).flatten()
    });
    match percent {
        Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent / 100.0),
        _ => Err(FaultError(format!(
            "`{}` is no share; over 0% and at most 100%, e.g. `10%`",
            shown(text)
        ))),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Latency(latency) => write!(f, "latency:{}ms", latency.as_millis())?,
            FaultKind::RateLimited { .. } => f.write_str("429")?,
            FaultKind::Status(status) => write!(f, "{status}")?,
            FaultKind::Reset => f.write_str("reset")?,
            FaultKind::Truncate => f.write_str("truncate")?,
            FaultKind::Slow => f.write_str("slow")?,
            FaultKind::Death => f.write_str("death")?,
        }
        if self.share < 1.0 {
            // Shares are kept to a hundredth of a percent, which is what the counting resolves.
            write!(f, ":{}%", (self.share * 10_000.0).round() / 100.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_and_show() {
        for text in [
            "503",
            "404",
            "500",
            "599",
            "429",
            "429:25%",
            "latency:50ms",
            "latency:50ms:0.5%",
            "reset",
            "truncate",
            "slow",
            "death",
            "death:7%",
            "503:10%",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        assert_eq!(
            "latency:2s:50%".parse::<Fault>().unwrap(),
            Fault {
                kind: FaultKind::Latency(Duration::from_secs(2)),
                share: 0.5
            }
        );
    }

    #[test]
    fn a_wrong_fault_says_what_would_be_right() {
        for (text, part) in [
            ("399", "a status from 400 to 599"),
            ("600", "a status from 400 to 599"),
            ("", "latency:50ms"),
            ("0503", "a status from 400 to 599"),
            ("latency", "needs a time"),
            ("latency:50", "with a unit"),
            ("latency:ms", "with a unit"),
            ("latency:99999999999999999999s", "with a unit"),
            ("latency:601s", "up to 600 s"),
            ("latency:1.5m", "no latency"),
            ("latency:50 ms", "no latency"),
            ("503:1e1%", "no share"),
            ("503:10%%", "no share"),
            ("503:+5%", "no share"),
            ("503:0%", "over 0%"),
            ("503:101%", "at most 100%"),
            ("503:NaN%", "at most 100%"),
            ("503:ten", "`503:10%`"),
            ("reset:5", "takes only a share"),
            ("explode:5", "unknown fault `explode`"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_list_may_be_none() {
        assert_eq!(Fault::parse_list("none").unwrap(), Vec::new());
        assert_eq!(Fault::parse_list("slow, 503:10%").unwrap().len(), 2);
        assert!(Fault::parse_list("slow,").is_err());
    }
}
