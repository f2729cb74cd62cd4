//! Every secret in every encoding, through the redactor alone.

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;

use crate::Case;
use crate::encoders::all;
use crate::known::{SECRETS, sought};
use crate::search::found;

pub(crate) const CASES: &[Case] = &[
    (
        "encodings::none_is_left_wherever_chunks_are_cut",
        none_is_left,
    ),
    (
        "encodings::the_search_finds_each_without_redaction",
        each_is_found,
    ),
    (
        "encodings::of_two_with_one_head_the_longer_goes_whole",
        longest,
    ),
    ("encodings::broken_escapes_and_other_text_stay", others_stay),
];

/// What the redactor gathers before it looks.
const BATCH: usize = 8 * 1024;

fn redactor() -> Redactor {
    let known = SECRETS.iter();
    Redactor::new(
        known
            .map(|secret| Secret::new(secret.variable, secret.value))
            .collect(),
    )
}

fn none_is_left() {
    let redactor = redactor();
    for secret in &SECRETS {
        for (encoding, encode) in all() {
            let form = encode(secret.value);
            let filler = vec![b'.'; BATCH];
            let whole = redactor.bytes(&[&filler, form.as_bytes(), b";"].concat());
            let left = found(&whole[BATCH..], &sought());
            let shown = String::from_utf8_lossy(&whole[BATCH..]).into_owned();
            assert!(
                left.is_empty(),
                "{} as {encoding}: {shown}",
                secret.variable
            );
            assert!(
                shown.contains("<secret:"),
                "{} as {encoding}: {shown}",
                secret.variable
            );
            for cut in (1..form.len()).step_by(5) {
                let mut stream = redactor.stream();
                let text = [&filler[cut..], form.as_bytes(), b";"].concat();
                let mut safe = stream.push(&text[..BATCH]);
                safe.extend(stream.push(&text[BATCH..]));
                safe.extend(stream.finish());
                assert!(
                    safe == whole[cut..],
                    "{} as {encoding} cut at {cut}",
                    secret.variable
                );
            }
        }
    }
}

fn each_is_found() {
    for secret in &SECRETS {
        for (encoding, encode) in all() {
            let form = format!("..{};", encode(secret.value));
            let hits = found(form.as_bytes(), &[secret.sought]);
            assert_eq!(hits.len(), 1, "{} as {encoding}: {form}", secret.variable);
            // As it stands in a journal.
            let line = serde_json::json!({ "text": form }).to_string();
            let hits = found(line.as_bytes(), &[secret.sought]);
            assert_eq!(hits.len(), 1, "{} as {encoding}: {line}", secret.variable);
        }
    }
}

fn longest() {
    let (short, long) = (
        "samehead-0123456789",
        "samehead-0123456789-and-a-longer-tail",
    );
    for order in [[0, 1], [1, 0]] {
        let both = [Secret::new("SHORT", short), Secret::new("LONG", long)];
        let redactor = Redactor::new(order.map(|index| both[index].clone()).to_vec());
        for (encoding, encode) in all() {
            let shown = redactor.text(&format!("<{}>", encode(long)));
            assert!(shown.contains("<secret:LONG>"), "{encoding}: {shown}");
            assert!(
                found(shown.as_bytes(), &[long]).is_empty(),
                "{encoding}: {shown}"
            );
            let shown = redactor.text(&format!("<{}>", encode(short)));
            assert!(shown.contains("<secret:SHORT>"), "{encoding}: {shown}");
        }
    }
}

fn others_stay() {
    let redactor = redactor();
    for text in [
        "samehead-012345678",
        "\\u003c\\u0026 &lt;&#60; %3C%25 \\\\\\\\ \\x3c =3D $'\\n' ''\"\"",
        "ZTJiXzlmM2MxZDcwYjVhODRlNjJjMGZmZWU1NTY2Nzc4OA==",
        "kW9<v&x>mQ 'q\"7\\z/2+=%40 ~Tt!",
        "-----BEGIN PRIVATE KEY-----",
        "\\",
        "&#",
        "%",
        "e2b_",
    ] {
        assert_eq!(redactor.text(text), text);
    }
}
