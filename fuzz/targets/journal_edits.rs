#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cutover::fuzzing::journal_edits(input));
