//! The fuzz targets of this crate; `fuzz/README.md` says how to run them.

pub use crate::redact::properties::redaction;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fuzz_inputs::{seeds, short_run};

    #[test]
    fn redaction() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/redaction");
        short_run(&seeds(&folder).unwrap(), 1500, super::redaction);
    }
}
