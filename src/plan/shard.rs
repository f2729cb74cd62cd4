//! One of several equal parts of a run, for machines that share it.

use std::fmt;
use std::str::FromStr;

use cutover_base::blob::sha256_hex;

/// Part `index` of `count`, from 1: `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// Why a text is not a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard is `i/n` with 1 <= i <= n <= 1000, such as `2/4`")]
pub struct ShardError;

impl Shard {
    /// Whether a case belongs to this part. It depends on the case's id alone, so a case stays
    /// in its part when others come and go.
    pub fn holds(self, case: &str) -> bool {
        let hash = sha256_hex(case.as_bytes());
        let head = u64::from_str_radix(hash.get(..15).unwrap_or_default(), 16).unwrap_or_default();
        head % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (index, count) = text.split_once('/').ok_or(ShardError)?;
        let index: u64 = index.parse().map_err(|_| ShardError)?;
        let count: u64 = count.parse().map_err(|_| ShardError)?;
        if index >= 1 && index <= count && count <= 1000 {
            Ok(Self { index, count })
        } else {
            Err(ShardError)
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_in_exactly_one_part() {
        let shards: Vec<Shard> = (1..=4).map(|i| format!("{i}/4").parse().unwrap()).collect();
        let mut sizes = [0; 4];
        for case in (0..400).map(|number| format!("provider/a/{number}")) {
            let holders: Vec<usize> = (0..4).filter(|i| shards[*i].holds(&case)).collect();
            assert_eq!(holders.len(), 1, "{case}");
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| *size > 50), "{sizes:?}");
        // The hash is for ever: recorded shards of a nightly must not move.
        let half: Shard = "1/2".parse().unwrap();
        assert!(half.holds("provider/execute/nonzero-exit"));
    }

    #[test]
    fn what_is_no_shard() {
        for text in ["", "1", "0/2", "3/2", "a/b", "1/0", "1/9999"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }
}
