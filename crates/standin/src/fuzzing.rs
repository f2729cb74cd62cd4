//! The fuzz targets of this crate; `fuzz/README.md` says how to run them.

pub use crate::e2b::envd::files::properties::form;
pub use crate::e2b::envd::properties::envelopes;
pub use crate::shared::properties::ranges;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fuzz_inputs::{seeds, short_run};

    fn run(name: &str, count: usize, target: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        short_run(&seeds(&folder.join(name)).unwrap(), count, target);
    }

    #[test]
    fn ranges() {
        run("ranges", 20_000, super::ranges);
    }

    #[test]
    fn envelopes() {
        run("envelopes", 5000, super::envelopes);
    }

    #[test]
    fn form() {
        run("form", 5000, super::form);
    }
}
