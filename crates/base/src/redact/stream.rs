//! Redaction chunk by chunk. What comes out does not depend on where the chunks are cut.

use std::sync::Arc;

use crate::redact::input::Input;
use crate::redact::patterns::{Next, Patterns};
use crate::redact::token::CONTEXT;

/// Bytes gathered before they are searched, so that a stream of single bytes is not searched
/// anew for each of them.
const BATCH: usize = 8 * 1024;

/// Redacts chunk by chunk, holding back what may be the beginning of a secret.
///
/// Secrets that overlap are hidden as one: every byte of each of them goes, and the placeholder
/// of the first stands for all.
#[derive(Debug)]
pub struct RedactStream {
    patterns: Arc<Patterns>,
    /// The last bytes that were decided, kept as context for the next, then the undecided ones.
    held: Vec<u8>,
    /// How much of `held` is context.
    context: usize,
    /// How much of `held` is written, or hidden by a secret found so far.
    done: usize,
    /// The length of `held` from which it is worth searching.
    wanted: usize,
}

impl RedactStream {
    pub(super) fn new(patterns: Arc<Patterns>) -> Self {
        Self {
            patterns,
            held: Vec::new(),
            context: 0,
            done: 0,
            wanted: BATCH,
        }
    }

    /// Takes a chunk and gives what is safe to write now.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(chunk);
        if self.held.len() < self.wanted {
            return Vec::new();
        }
        self.decide(false)
    }

    /// Gives what was held back.
    pub fn finish(&mut self) -> Vec<u8> {
        let safe = self.decide(true);
        self.held.clear();
        self.context = 0;
        self.done = 0;
        self.wanted = BATCH;
        safe
    }

    /// Gives what was held back of a text that was cut, without what may be half a secret.
    pub(super) fn finish_cut(&mut self) -> Vec<u8> {
        let safe = self.decide(false);
        self.held.clear();
        self.context = 0;
        self.done = 0;
        self.wanted = BATCH;
        safe
    }

    /// Decides about every place of `held`, but for those that more must come for.
    fn decide(&mut self, complete: bool) -> Vec<u8> {
        let input = Input {
            bytes: &self.held,
            complete,
        };
        let mut safe = Vec::with_capacity(self.held.len());
        let mut from = self.context;
        let to = loop {
            match self.patterns.next(input, from) {
                Next::Nothing => break self.held.len(),
                Next::More(at) => break at,
                Next::Hit(hit) => {
                    if hit.start >= self.done {
                        safe.extend_from_slice(&self.held[self.done..hit.start]);
                        safe.extend_from_slice(hit.placeholder.as_bytes());
                    }
                    self.done = self.done.max(hit.end);
                    from = hit.start + 1;
                }
            }
        };
        if self.done < to {
            safe.extend_from_slice(&self.held[self.done..to]);
            self.done = to;
        }
        let gone = to.saturating_sub(CONTEXT);
        self.held.drain(..gone);
        self.context = to - gone;
        self.done -= gone;
        self.wanted = self.held.len() + BATCH;
        safe
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use crate::redact::Redactor;
    use crate::secret::Secret;

    const KEY: &str = "s3cr3t/\"ö+ key~";

    /// Built once: an automaton takes longer to build than a text to search.
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
        Redactor::new(vec![
            Secret::new("KEY", KEY),
            Secret::new("TWIN", "abababab"),
            Secret::new("SHORT", "short"),
            Secret::new("LONG", "L0ng".repeat(150)),
        ])
    });

    fn redactor() -> Redactor {
        REDACTOR.clone()
    }

    fn cut(redactor: &Redactor, bytes: &[u8], sizes: &[usize]) -> Vec<u8> {
        let mut stream = redactor.stream();
        let (mut safe, mut rest) = (Vec::new(), bytes);
        for &size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            safe.extend(stream.push(chunk));
            rest = after;
        }
        safe.extend(stream.finish());
        safe
    }

    #[test]
    fn every_encoding_is_found() {
        let json = serde_json::to_string(KEY).unwrap();
        let hex: String = KEY
            .bytes()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect();
        for form in [
            KEY.to_owned(),
            json[1..json.len() - 1].to_owned(),
            percent_encoding::utf8_percent_encode(KEY, percent_encoding::NON_ALPHANUMERIC)
                .to_string(),
            hex.to_uppercase(),
            hex,
        ] {
            let text = format!("before {form} after");
            assert_eq!(
                redactor().text(&text),
                "before <secret:KEY> after",
                "{form}"
            );
        }
    }

    #[test]
    fn a_secret_inside_base64_is_found() {
        for before in 0..6 {
            let plain = format!("{}{KEY}: tail", "#".repeat(before));
            for encoded in [STANDARD.encode(&plain), URL_SAFE.encode(&plain)] {
                let safe = redactor().text(&encoded);
                assert!(safe.contains("<secret:KEY>"), "{safe}");
                // What is left of the secret is less than one character at either end.
                assert!(safe.len() <= encoded.len(), "{safe}");
            }
        }
    }

    #[test]
    fn tokens_without_a_name_are_found_and_known_ones_named() {
        let token = format!("e2b_{}", "0123456789".repeat(4));
        let text = format!("key={token}; dtn_{}", "f".repeat(64));
        assert_eq!(redactor().text(&text), "key=<secret:token>; <secret:token>");
        let known = Redactor::new(vec![Secret::new("E2B_API_KEY", token.as_str())]);
        assert_eq!(known.text(&token), "<secret:E2B_API_KEY>");
        let part = Redactor::new(vec![Secret::new("PART", &token[..12])]);
        assert_eq!(part.text(&token), "<secret:PART>");
    }

    #[test]
    fn half_a_secret_at_a_cut_is_left_out() {
        for (text, kept) in [
            ("before s3cr3t/\\\"", "before "),
            ("before s3cr3t/\"\u{f6}", "before "),
            ("x abababab abab", "x <secret:TWIN> "),
            ("s3cr3t and on", "s3cr3t and on"),
            ("key=e2b_0123", "key="),
        ] {
            let safe = redactor().beginning(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&safe), kept);
        }
    }

    #[test]
    fn overlapping_secrets_go_whole() {
        assert_eq!(redactor().text("xabababababx"), "x<secret:TWIN>x");
        assert_eq!(
            redactor().text("abababab abababab"),
            "<secret:TWIN> <secret:TWIN>"
        );
    }

    #[test]
    fn ordinary_text_stays() {
        let text = "short e2b_ dtn_123 e2b_template_build DTN_ s3cr3t key abababa \u{feff}é\0";
        assert_eq!(redactor().text(text), text);
        let commit = "7d93ede0b1c2d3e4f5061728394a5b6c7d8e9f00";
        assert_eq!(Redactor::noop().text(commit), commit);
    }

    #[test]
    fn a_long_secret_such_as_a_private_key_is_built_and_found() {
        let key: String = (0_u32..3000)
            .filter_map(|at| char::from_digit((at.wrapping_mul(2_654_435_761) >> 13) % 36, 36))
            .collect();
        let redactor = Redactor::new(vec![Secret::new("PEM", key.as_str())]);
        assert_eq!(redactor.text(&format!("<{key}>")), "<<secret:PEM>>");
    }

    #[test]
    fn debug_shows_no_secret() {
        let redactor = redactor();
        let shown = format!("{redactor:?} {:?}", redactor.stream());
        assert!(shown.contains("KEY"), "{shown}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let redactor = redactor();
        let mut stream = redactor.stream();
        let (mut given, mut most) = (0_usize, 0_usize);
        for at in 0..400_usize {
            given += stream.push(&[b'x'; 1000]).len();
            most = most.max((at + 1) * 1000 - given);
        }
        // The batch, the reach of the longest form, a chunk.
        assert!(most < 16 * 1024, "{most}");
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let form = |form: &str| Just(form.as_bytes().to_vec());
        prop_oneof![
            3 => proptest::collection::vec(any::<u8>(), 0..40),
            2 => form(KEY),
            1 => Just(STANDARD.encode(KEY).into_bytes()),
            2 => form("abab"),
            1 => form("e2b_0123456789012345678901234567890123456789"),
            1 => form("dtn_"),
            1 => form("0123456789abcdef0123456789abcdef"),
            1 => form("L0ngL0ng"),
            1 => Just("L0ng".repeat(150).into_bytes()),
            1 => form(" \\n%3D"),
            1 => Just(vec![b'.'; 9000]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_split_gives_the_same(
            pieces in proptest::collection::vec(piece(), 0..24),
            sizes in proptest::collection::vec(1_usize..3000, 1..8),
        ) {
            let bytes = pieces.concat();
            let redactor = redactor();
            let whole = redactor.bytes(&bytes);
            prop_assert_eq!(&cut(&redactor, &bytes, &sizes), &whole);
            let contains = whole.windows(KEY.len()).any(|window| window == KEY.as_bytes());
            prop_assert!(!contains);
        }

        #[test]
        fn words_are_never_hit(text in "[a-z ,.\n0-9_]{0,200}") {
            prop_assume!(!text.contains("abababab"));
            prop_assert_eq!(redactor().text(&text), text);
        }
    }
}
