//! The type of an artifact, by the end of its name.

use cutover_js::{Object, Text, Value};

const OTHER: &str = "application/octet-stream";

/// The member `mime_type` of an artifact of this name; none where it vanishes from the body.
///
/// A name without a dot is itself the ending. `constructor` and `__proto__` find what every
/// JavaScript object has, a function that vanishes and an empty object; where unlisted endings
/// are repaired (Q96) they are unlisted.
pub(super) fn of(name: &Text, repaired: bool) -> Option<Value> {
    let ending = name.split(".").pop().unwrap_or_default().to_lowercase();
    match ending.as_str() {
        Some("constructor") if !repaired => None,
        Some("__proto__") if !repaired => Some(Value::Object(Object::new())),
        ending => Some(Value::from(ending.map_or(OTHER, listed))),
    }
}

fn listed(ending: &str) -> &'static str {
    match ending {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "pdf" => "application/pdf",
        "json" => "application/json",
        "csv" => "text/csv",
        "md" => "text/markdown",
        "txt" => "text/plain",
        "py" => "text/x-python",
        "ts" => "text/x-typescript",
        "js" => "text/x-javascript",
        "zip" => "application/zip",
        "tar" => "application/x-tar",
        "gz" => "application/gzip",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, mime: Option<&str>) {
        assert_eq!(
            of(&Text::from(name), false),
            mime.map(Value::from),
            "{name}"
        );
    }

    #[test]
    fn the_last_part_counts_in_small_letters() {
        check("a.PNG", Some("image/png"));
        check("a.tar.gz", Some("application/gzip"));
        check("png", Some("image/png"));
        check(".json", Some("application/json"));
        check("a.", Some(OTHER));
        check("", Some(OTHER));
        check("a.html", Some(OTHER));
        check("a/b.d/c", Some(OTHER));
    }

    #[test]
    fn what_every_object_has_is_found_until_repaired() {
        check("a.constructor", None);
        let name = Text::from("a.__PROTO__");
        assert_eq!(of(&name, false), Some(Value::Object(Object::new())));
        assert_eq!(of(&name, true), Some(Value::from(OTHER)));
        assert_eq!(
            of(&Text::from("constructor"), true),
            Some(Value::from(OTHER))
        );
    }
}
