//! What a program's text says about where it reaches, for programs that are given with the command.

use super::reach::Effect;

/// Words of programs that change something at another place.
const SENDS: [&str; 22] = [
    "requests.post",
    "requests.put",
    "requests.patch",
    "requests.delete",
    "httpx.post",
    "httpx.put",
    "httpx.patch",
    "httpx.delete",
    "session.post",
    "axios.post",
    "axios.put",
    "axios.delete",
    "smtplib",
    "paramiko",
    "ftplib",
    "boto3",
    "slack_sdk",
    "twilio",
    "method='POST'",
    "method=\"POST\"",
    "method:'POST'",
    "git push",
];

/// Words of programs that read from the network.
const READS: [&str; 7] = [
    "requests.get",
    "httpx.get",
    "urllib.request",
    "urlopen(",
    "fetch(",
    "http.client",
    "axios.get",
];

/// The effect of a program.
pub(super) fn effect(text: &str) -> Effect {
    let dense: String = text
        .replace("method: ", "method:")
        .replace("method = ", "method=")
        .replace("method:\"POST\"", "method:'POST'");
    // Beside a server of the sandbox's own nothing leaves it.
    let here = dense.contains("localhost") || dense.contains("127.0.0.1");
    let has = |words: &[&'static str]| words.iter().copied().find(|word| dense.contains(word));
    if let Some(word) = has(&SENDS).filter(|_| !here) {
        return Effect::outside(word);
    }
    match has(&READS) {
        Some(word) if !here => Effect::network(word),
        _ => Effect::changes(),
    }
}
