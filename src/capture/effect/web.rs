//! What programs do that speak HTTP or another protocol with a host that stands in their arguments.

use super::reach::Effect;

/// Long options of curl that send something.
const CURL_SENDS: [&str; 12] = [
    "--data",
    "--data-raw",
    "--data-binary",
    "--data-ascii",
    "--data-urlencode",
    "--json",
    "--form",
    "--form-string",
    "--upload-file",
    "--mail-from",
    "--mail-rcpt",
    "--quote",
];

/// Letters of curl's options that take a value, so that what follows in the word is none of them.
const CURL_VALUES: &str = "AbcCDeEhHKmoQrtuUwxyYz";

/// The effect of curl.
pub(super) fn curl(arguments: &[String]) -> Effect {
    let mut method = None;
    let mut sends = false;
    for (at, word) in arguments.iter().enumerate() {
        let next = || arguments.get(at + 1).cloned();
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            if name == "request" {
                method = value.or_else(next);
            }
            sends |= CURL_SENDS.contains(&format!("--{name}").as_str());
        } else if let Some(short) = word.strip_prefix('-') {
            for (index, letter) in short.char_indices() {
                match letter {
                    'X' => {
                        let rest = &short[index + 1..];
                        method = Some(rest.to_owned())
                            .filter(|it| !it.is_empty())
                            .or_else(next);
                        break;
                    }
                    'd' | 'F' | 'T' => {
                        sends = true;
                        break;
                    }
                    letter if CURL_VALUES.contains(letter) => break,
                    _ => {}
                }
            }
        }
    }
    request(arguments, "curl", sends, method.as_deref())
}

/// The effect of wget.
pub(super) fn wget(arguments: &[String]) -> Effect {
    let starts = |begin: &str| arguments.iter().any(|word| word.starts_with(begin));
    let sends = starts("--post-data") || starts("--post-file") || starts("--body-");
    let method = arguments
        .iter()
        .find_map(|word| word.strip_prefix("--method="));
    request(arguments, "wget", sends, method)
}

/// The effect of httpie and those that have its arguments.
pub(super) fn httpie(name: &str, arguments: &[String]) -> Effect {
    let is_method =
        |word: &&String| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
    let method = arguments.iter().find(is_method).map(String::as_str);
    let items = arguments
        .iter()
        .filter(|word| !word.starts_with('-'))
        .skip(1);
    let sends = items
        .clone()
        .any(|word| word.contains('=') && !word.contains("=="));
    request(arguments, name, sends && method != Some("GET"), method)
}

/// The effect of a program that opens a connection to any host.
pub(super) fn connection(name: &str, arguments: &[String]) -> Effect {
    if hosts(arguments).iter().any(|host| is_loopback(host))
        || arguments.iter().any(|it| it == "-l")
    {
        Effect::changes()
    } else {
        Effect::outside(name)
    }
}

/// The effect of a database's client: outside where it is told another host.
pub(super) fn database(name: &str, arguments: &[String]) -> Effect {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let host = match word.as_str() {
            "-h" | "--host" => words.next().map(String::as_str),
            word => word
                .strip_prefix("--host=")
                .or_else(|| word.split_once("://").map(|_| host_of(word))),
        };
        if host.is_some_and(|host| !is_loopback(host) && !host.starts_with('/')) {
            return Effect::outside(name);
        }
    }
    Effect::changes()
}

fn request(arguments: &[String], name: &str, sends: bool, method: Option<&str>) -> Effect {
    let method = method.map(str::to_ascii_uppercase);
    let method = method.filter(|it| !matches!(it.as_str(), "GET" | "HEAD" | "OPTIONS"));
    let hosts = hosts(arguments);
    if !hosts.is_empty() && hosts.iter().all(|host| is_loopback(host)) {
        return Effect::changes();
    }
    match (method, sends) {
        (Some(method), _) => Effect::outside(format!("{name} {method}")),
        (None, true) => Effect::outside(format!("{name} sends data")),
        (None, false) => Effect::network(name),
    }
}

/// The hosts in the arguments.
fn hosts(arguments: &[String]) -> Vec<&str> {
    let plain = arguments.iter().filter(|word| !word.starts_with('-'));
    let is_host = |word: &&String| word.contains("://") || is_loopback(host_of(word));
    plain.filter(is_host).map(|word| host_of(word)).collect()
}

fn host_of(word: &str) -> &str {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "0.0.0.0" | "[::1]" | "::1") || name.starts_with("127.")
}
