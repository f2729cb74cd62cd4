//! The words of the verb `fault`, checked without knowing how a stand-in carries them out.

use crate::scenario::check::scalar::parse_duration;

/// Words that stand alone.
const WORDS: [&str; 5] = ["none", "reset", "truncate", "slow", "death"];

/// Whether a text is a fault: `none`, `latency:50ms`, `429`, `503`, `reset`, `truncate`, `slow`,
/// `death`, each but `none` with an optional share such as `:10%`.
pub(crate) fn check(spec: &str) -> Result<(), String> {
    let (kind, share) = match spec.rsplit_once(':') {
        Some((kind, share)) if share.ends_with('%') => (kind, Some(share.trim_end_matches('%'))),
        _ => (spec, None),
    };
    if let Some(share) = share {
        let percent: f64 = share.parse().unwrap_or(0.0);
        if !(percent > 0.0 && percent <= 100.0) || kind == "none" {
            return Err("the share of a fault is over 0% and at most 100%".to_owned());
        }
    }
    let good = match kind.split_once(':') {
        Some(("latency", duration)) => parse_duration(duration).is_some(),
        Some(_) => false,
        None => WORDS.contains(&kind) || kind == "429" || is_server_error(kind),
    };
    if good {
        return Ok(());
    }
    Err(format!(
        "unknown fault `{}`; one of latency:50ms, 429, 503 (any 5xx), {}",
        spec.escape_debug().take(40).collect::<String>(),
        WORDS.join(", ")
    ))
}

fn is_server_error(kind: &str) -> bool {
    kind.len() == 3
        && kind
            .parse()
            .is_ok_and(|code: u16| (500..600).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        for good in [
            "none",
            "503",
            "503:10%",
            "429:0.5%",
            "latency:50ms",
            "latency:1s:10%",
            "death",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "404",
            "503:0%",
            "503:x%",
            "latency",
            "latency:x",
            "none:5%",
            "5x3",
            "+50",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
