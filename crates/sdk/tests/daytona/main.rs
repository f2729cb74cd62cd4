//! Daytona's SDK against servers that answer in every way.
//!
//! `answers` gives the recorded answers of `answers.jsonl` to it and compares what it asks and what
//! comes of it with what `@daytona/sdk` asked and threw; `classes` tells what each error is about;
//! `repairs` is what the original never calls.

#![expect(clippy::unwrap_used, reason = "a broken test must be loud")]

mod answers;
mod bed;
mod classes;
mod repairs;
mod wire;
