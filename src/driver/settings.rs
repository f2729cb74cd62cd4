//! Reading settings that arrive as environment variables, and base URLs.

use url::Url;

/// A setting that is missing or cannot be used; the text names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(pub(crate) String);

/// A variable that is set and not empty; the SDKs take an empty one as unset.
pub(crate) fn filled(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    get(name)
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// A variable that holds a base URL.
pub(crate) fn base_url(
    get: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<Url>, SettingError> {
    filled(get, name)
        .map(|text| parse_base(&text).map_err(|why| SettingError(format!("{name}: {why}"))))
        .transpose()
}

/// Reads a base URL: `http` or `https` with a host.
pub(crate) fn parse_base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("`{text}` is not an http or https URL"));
    }
    Ok(url)
}

/// A base URL as it may be shown: without a user, a password, a query or a fragment.
pub(crate) fn shown(base: &Url) -> String {
    let mut url = base.clone();
    // Neither fails for a URL with a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// A base URL with a path and a query added to it. Segments are percent-encoded.
pub(crate) fn route(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
