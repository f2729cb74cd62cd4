//! Inputs for the short run of the fuzz targets under `cargo test`.
//!
//! Comes in: a folder of seeds and a number. Goes out: the seeds, then as many mutations of them,
//! the same ones each time. Deliberately absent: coverage; `fuzz/` is for that.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::{fs, io};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Bytes that an input has at most.
pub const INPUT_BYTES_MAX: usize = 64 * 1024;

/// Bytes that begin or end something in one of the formats.
const TELLING: &[u8] = b"\0\x01\x02\x03\x7f\x80\xff\r\n\t -:;=,.\"'\\{}[]&*!|>%<_09aB";

/// The content of every file in a folder and the folders in it, ordered by name.
///
/// # Errors
/// When something cannot be read.
pub fn seeds(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(seeds(&path)?);
        } else {
            found.push(fs::read(path)?);
        }
    }
    Ok(found)
}

/// Gives `target` each seed, then `count` mutations of them.
///
/// # Panics
/// When there is no seed, and when `target` does, with the input that made it.
pub fn short_run(seeds: &[Vec<u8>], count: usize, target: impl Fn(&[u8])) {
    assert!(!seeds.is_empty(), "no seeds");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mutations = (0..count).map(|_| mutated(seeds, &mut random));
    for input in seeds.iter().cloned().chain(mutations) {
        let result = catch_unwind(AssertUnwindSafe(|| target(&input)));
        if let Err(panic) = result {
            panic!("{}\nof the input {}", words(&*panic), input.escape_ascii());
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked")
}

fn mutated(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut input = seeds[below(seeds.len(), random)].clone();
    for _ in 0..=below(6, random) {
        let at = below(input.len() + 1, random);
        let end = (at + 1 + below(32, random)).min(input.len());
        match below(8, random) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << below(8, random);
                }
            }
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = TELLING[below(TELLING.len(), random)];
                }
            }
            2 => input.insert(at, TELLING[below(TELLING.len(), random)]),
            3 => drop(input.drain(at..end)),
            4 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            5 => {
                let other = &seeds[below(seeds.len(), random)];
                let from = below(other.len() + 1, random);
                let to = (from + below(200, random)).min(other.len());
                input.splice(at..at, other[from..to].iter().copied());
            }
            6 => {
                let mut bytes = [0; 4];
                random.fill_bytes(&mut bytes);
                input.splice(at..at, bytes);
            }
            _ => input.truncate(at),
        }
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

/// A number under `end`, which is not 0.
fn below(end: usize, random: &mut ChaCha8Rng) -> usize {
    let end = u64::try_from(end).unwrap_or(u64::MAX);
    usize::try_from(random.next_u64() % end).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_run_is_the_same_each_time_and_its_inputs_are_not() {
        let run = || {
            let seen = RefCell::new(Vec::new());
            short_run(&[b"one: two\n".to_vec(), vec![]], 500, |input| {
                seen.borrow_mut().push(input.to_vec());
            });
            seen.into_inner()
        };
        let inputs = run();
        assert_eq!(inputs, run());
        assert_eq!(inputs[..2], [b"one: two\n".to_vec(), vec![]]);
        let distinct: HashSet<_> = inputs.iter().collect();
        assert!(distinct.len() > 300, "{}", distinct.len());
    }

    #[test]
    #[should_panic(expected = "too long\nof the input ab\\n")]
    fn what_fails_is_shown() {
        short_run(&[b"ab\n".to_vec()], 0, |input| {
            assert!(input.len() < 3, "too long");
        });
    }
}
