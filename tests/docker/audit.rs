//! `cutover audit --image`.

use std::process::Command;

use crate::daemon::Images;

fn audit(images: [&str; 2]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(["audit", "--json", "--image"]).args(images);
    let ended = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = ended.status.code().unwrap();
    (code, text(ended.stdout), text(ended.stderr))
}

/// The templates have the same packages, programs, accounts and versions; the plain image has others,
/// and keys for development that are found and not shown.
pub(crate) fn two_images(images: &Images) {
    let [e2b, daytona] = &images.templates;
    let (code, told, said) = audit([e2b, daytona]);
    assert_eq!(code, 0, "{told}{said}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let mut differences = told["differences"].as_array().unwrap().iter();
    let aspects: Vec<String> = differences
        .by_ref()
        .map(|it| {
            format!(
                "{} {}",
                it["aspect"].as_str().unwrap(),
                it["name"].as_str().unwrap()
            )
        })
        .filter(|it| !it.starts_with("variable of the image "))
        .collect();
    assert_eq!(aspects, ["image entrypoint", "program entrypoint"]);

    let (code, told, _) = audit([&images.plain, e2b]);
    assert_eq!(code, 1, "{told}");
    assert!(!told.contains("sk-1234"), "{told}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let found = told["findings"].as_array().unwrap();
    assert!(found.iter().all(|it| it["rule"] == "secret"), "{found:?}");
    assert!(!found.is_empty());
    let differences = told["differences"].as_array().unwrap();
    let server = differences
        .iter()
        .find(|it| it["aspect"] == "package apt" && it["name"] == "postgresql-15")
        .unwrap();
    assert!(server["values"][0].is_null() && server["values"][1].is_string());
}

pub(crate) fn a_missing_image(images: &Images) {
    let (code, told, said) = audit(["cutover-test-none:0", &images.plain]);
    assert_eq!((code, told.as_str()), (2, ""));
    assert!(
        said.contains("cutover-test-none:0 is not here") && said.contains("cure: "),
        "{said}"
    );
}
