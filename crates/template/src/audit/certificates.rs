//! The example certificate, which trusts a key that nobody has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::finding::{Finding, Level};
use crate::template::Template;

const RULE: (Level, &str) = (Level::Warning, "example-certificate");
const HELP: &str =
    "replace it by the certificate of your own proxy; the template's README says how";

pub(super) fn findings(template: &Template) -> Vec<Finding> {
    let files = template.files().into_iter();
    let found = files.filter_map(|(file, target)| {
        let text = template.folder.text(file)?;
        let what = format!("the example certificate is still in use, as {target}");
        is_example(&text).then(|| Finding::new(RULE, template, (file.to_owned(), 0), what, HELP))
    });
    found.collect()
}

/// A certificate whose names say that it is an example.
fn is_example(text: &str) -> bool {
    text.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .any(|after| {
            let body = after.split("-----END").next().unwrap_or_default();
            let body: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(body).unwrap_or_default();
            bytes
                .to_ascii_lowercase()
                .windows(7)
                .any(|it| it == b"example")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_says_so_in_its_name() {
        let pem = |names: &str| {
            let body = STANDARD.encode(names);
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        };
        assert!(is_example(&pem("CN=cutover Example CA")));
        assert!(!is_example(&pem("CN=ours")) && !is_example("example") && !is_example(""));
    }
}
