//! Whatever comes over a stream is read or refused, however it is cut.

use bytes::Bytes;
use fuzz_inputs::short_run;

use super::{Envelopes, Event, RpcError, decoded_event, enveloped, read_end_stream};

/// The messages in bytes that come in pieces of a length, and why there are no more.
fn messages(bytes: &[u8], piece: usize) -> (Vec<(u8, Bytes)>, Option<RpcError>) {
    let mut envelopes = Envelopes::default();
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        envelopes.push(piece);
        loop {
            match envelopes.next() {
                Ok(Some(message)) => found.push(message),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    let (rest, error) = match envelopes.rest() {
        Ok(rest) => (rest, None),
        Err(error) => (None, Some(error)),
    };
    found.extend(rest);
    (found, error)
}

#[test]
fn streams_of_any_bytes_are_read_alike_in_any_pieces() {
    let told = [
        r#"{"event":{"start":{"pid":1}}}"#,
        r#"{"event":{"data":{"stdout":"w6k=","stderr":null}}}"#,
        r#"{"event":{"end":{"exitCode":-1,"exited":false,"error":"signal: killed"}}}"#,
        r#"{"error":{"code":"unavailable","message":"m","details":[{"type":"t","value":"YQ"}]}}"#,
    ];
    let mut seeds: Vec<Vec<u8>> = told.iter().map(|it| enveloped(it).to_vec()).collect();
    seeds.push(seeds.concat());
    short_run(&seeds, 3000, |bytes| {
        let whole = messages(bytes, bytes.len().max(1));
        for piece in [1, 7, 100] {
            assert_eq!(messages(bytes, piece), whole);
        }
        for (_, content) in whole.0 {
            // An error is as good as a success here; neither is more than what came.
            if let Ok(Event::Data(_, data)) = decoded_event(&content) {
                assert!(data.len() < content.len());
            }
            let _ = read_end_stream(&content);
        }
    });
}
