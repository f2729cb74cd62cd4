//! Which operation of the provider's API a method and a path name.

/// An operation of the API; the table below says what each one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateV1,
    CreateV2,
    ListV1,
    ListV2,
    MetricsOfMany,
    Detail,
    Kill,
    ConnectV1,
    ConnectV2,
    Resume,
    SetTimeout,
    Refresh,
    Pause,
    Fork,
    CreateSnapshot,
    SetNetwork,
    Metrics,
    LogsV1,
    LogsV2,
    Snapshots,
    Templates,
    TemplatesV2,
    TemplateAlias,
    Template,
    TemplateTags,
    DeleteTemplate,
    PatchTemplate,
    RequestBuild,
    BuildFiles,
    StartBuild,
    BuildStatus,
    BuildLogs,
    AssignTags,
    RemoveTags,
    /// One that the provider has and the stand-in has not, and why.
    Missing(&'static str),
}

/// What a request names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'path> {
    /// An operation, and the segments that stand for `{}`.
    Operation(Operation, Vec<&'path str>),
    /// A path of the API with another method.
    WrongMethod,
    /// No path of the API.
    Unknown,
}

const OLD_BUILDS: &str = "this way of building templates is deprecated, and the SDKs of today do not \
                          use it; request builds with POST /v3/templates";
const VOLUMES: &str = "the engines have no volumes";
const SECRETS: &str = "there is no gateway that would put them into requests";
const TEAMS: &str = "there is one team and one key";
const NODES: &str = "there is no cluster";

/// Method, path and operation; `{}` is any one segment. Of two that fit the first counts.
const TABLE: &[(&str, &str, Operation)] = &[
    ("POST", "/v2/sandboxes", Operation::CreateV2),
    ("GET", "/v2/sandboxes", Operation::ListV2),
    ("POST", "/v2/sandboxes/{}/connect", Operation::ConnectV2),
    ("GET", "/v2/sandboxes/{}/logs", Operation::LogsV2),
    ("POST", "/sandboxes", Operation::CreateV1),
    ("GET", "/sandboxes", Operation::ListV1),
    ("GET", "/sandboxes/metrics", Operation::MetricsOfMany),
    ("GET", "/sandboxes/{}", Operation::Detail),
    ("DELETE", "/sandboxes/{}", Operation::Kill),
    ("POST", "/sandboxes/{}/connect", Operation::ConnectV1),
    ("POST", "/sandboxes/{}/resume", Operation::Resume),
    ("POST", "/sandboxes/{}/timeout", Operation::SetTimeout),
    ("POST", "/sandboxes/{}/refreshes", Operation::Refresh),
    ("POST", "/sandboxes/{}/pause", Operation::Pause),
    ("POST", "/sandboxes/{}/fork", Operation::Fork),
    ("POST", "/sandboxes/{}/snapshots", Operation::CreateSnapshot),
    ("PUT", "/sandboxes/{}/network", Operation::SetNetwork),
    ("GET", "/sandboxes/{}/metrics", Operation::Metrics),
    ("GET", "/sandboxes/{}/logs", Operation::LogsV1),
    ("GET", "/snapshots", Operation::Snapshots),
    ("GET", "/templates", Operation::Templates),
    ("GET", "/v2/templates", Operation::TemplatesV2),
    ("GET", "/templates/aliases/{}", Operation::TemplateAlias),
    ("POST", "/templates/tags", Operation::AssignTags),
    ("DELETE", "/templates/tags", Operation::RemoveTags),
    ("GET", "/templates/{}/tags", Operation::TemplateTags),
    ("GET", "/templates/{}", Operation::Template),
    ("DELETE", "/templates/{}", Operation::DeleteTemplate),
    ("POST", "/templates", Operation::Missing(OLD_BUILDS)),
    ("POST", "/templates/{}", Operation::Missing(OLD_BUILDS)),
    ("PATCH", "/templates/{}", Operation::Missing(OLD_BUILDS)),
    ("PATCH", "/v2/templates/{}", Operation::PatchTemplate),
    ("POST", "/v2/templates", Operation::Missing(OLD_BUILDS)),
    ("POST", "/v3/templates", Operation::RequestBuild),
    ("GET", "/templates/{}/files/{}", Operation::BuildFiles),
    (
        "POST",
        "/templates/{}/builds/{}",
        Operation::Missing(OLD_BUILDS),
    ),
    ("POST", "/v2/templates/{}/builds/{}", Operation::StartBuild),
    (
        "GET",
        "/templates/{}/builds/{}/status",
        Operation::BuildStatus,
    ),
    ("GET", "/templates/{}/builds/{}/logs", Operation::BuildLogs),
    ("GET", "/volumes", Operation::Missing(VOLUMES)),
    ("POST", "/volumes", Operation::Missing(VOLUMES)),
    ("GET", "/volumes/{}", Operation::Missing(VOLUMES)),
    ("DELETE", "/volumes/{}", Operation::Missing(VOLUMES)),
    ("GET", "/volumecontent/{}/dir", Operation::Missing(VOLUMES)),
    ("POST", "/volumecontent/{}/dir", Operation::Missing(VOLUMES)),
    ("GET", "/volumecontent/{}/path", Operation::Missing(VOLUMES)),
    (
        "PATCH",
        "/volumecontent/{}/path",
        Operation::Missing(VOLUMES),
    ),
    (
        "DELETE",
        "/volumecontent/{}/path",
        Operation::Missing(VOLUMES),
    ),
    ("GET", "/volumecontent/{}/file", Operation::Missing(VOLUMES)),
    ("PUT", "/volumecontent/{}/file", Operation::Missing(VOLUMES)),
    ("GET", "/secrets", Operation::Missing(SECRETS)),
    ("POST", "/secrets", Operation::Missing(SECRETS)),
    ("GET", "/secrets/{}", Operation::Missing(SECRETS)),
    ("POST", "/secrets/{}", Operation::Missing(SECRETS)),
    ("PATCH", "/secrets/{}", Operation::Missing(SECRETS)),
    ("DELETE", "/secrets/{}", Operation::Missing(SECRETS)),
    ("GET", "/teams", Operation::Missing(TEAMS)),
    ("GET", "/teams/{}/metrics", Operation::Missing(TEAMS)),
    ("GET", "/teams/{}/metrics/max", Operation::Missing(TEAMS)),
    ("GET", "/api-keys", Operation::Missing(TEAMS)),
    ("POST", "/api-keys", Operation::Missing(TEAMS)),
    ("PATCH", "/api-keys/{}", Operation::Missing(TEAMS)),
    ("DELETE", "/api-keys/{}", Operation::Missing(TEAMS)),
    ("POST", "/access-tokens", Operation::Missing(TEAMS)),
    ("DELETE", "/access-tokens/{}", Operation::Missing(TEAMS)),
    ("GET", "/nodes", Operation::Missing(NODES)),
    ("GET", "/nodes/{}", Operation::Missing(NODES)),
    ("POST", "/nodes/{}", Operation::Missing(NODES)),
];

/// Finds the operation of a request; `segments` are those of its path.
pub(crate) fn find<'path>(method: &str, segments: &[&'path str]) -> Found<'path> {
    let mut found = Found::Unknown;
    for (wanted, pattern, operation) in TABLE {
        let Some(parameters) = fit(pattern, segments) else {
            continue;
        };
        if *wanted == method {
            return Found::Operation(*operation, parameters);
        }
        found = Found::WrongMethod;
    }
    found
}

fn fit<'path>(pattern: &str, segments: &[&'path str]) -> Option<Vec<&'path str>> {
    let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (wanted, given) in wanted.iter().zip(segments) {
        match *wanted {
            "{}" if !given.is_empty() => parameters.push(*given),
            wanted if wanted == *given => {}
            _ => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_operations() {
        for (method, path, expected) in [
            (
                "GET",
                "sandboxes/metrics",
                Found::Operation(Operation::MetricsOfMany, vec![]),
            ),
            (
                "GET",
                "sandboxes/i1",
                Found::Operation(Operation::Detail, vec!["i1"]),
            ),
            (
                "DELETE",
                "sandboxes/metrics",
                Found::Operation(Operation::Kill, vec!["metrics"]),
            ),
            ("PATCH", "sandboxes/i1", Found::WrongMethod),
            ("GET", "sandboxes/", Found::Unknown),
            ("GET", "sandboxes/i1/metrics/", Found::Unknown),
            ("GET", "", Found::Unknown),
            (
                "GET",
                "templates/aliases/a",
                Found::Operation(Operation::TemplateAlias, vec!["a"]),
            ),
            (
                "GET",
                "templates/t/files/h",
                Found::Operation(Operation::BuildFiles, vec!["t", "h"]),
            ),
        ] {
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(find(method, &segments), expected, "{method} {path}");
        }
    }
}
