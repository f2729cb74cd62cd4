//! Redaction as a stream over all output: 1 GiB in chunks of 64 KiB, with ten secrets. It should not
//! be slower than 100 MB/s, and hold no more than a few KiB. Timings are shown, not asserted.

use cutover_base::redact::Redactor;
use cutover_base::secret::Secret;
use divan::counter::BytesCount;

const TOTAL: usize = 1 << 30;
const CHUNK: usize = 64 << 10;

fn main() {
    divan::main();
}

/// Ten secrets of the usual kinds.
fn redactor() -> Redactor {
    let mut secrets = vec![
        Secret::new("E2B_API_KEY", format!("e2b_{}", "0a1b2c3d4e".repeat(4))),
        Secret::new("DAYTONA_API_KEY", format!("dtn_{}", "f9e8d7c6".repeat(8))),
        Secret::new("PASSWORD", "p@ss'w\\/ord \"ö\" <1> %&"),
    ];
    for number in 0_u64..7 {
        let word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        secrets.push(Secret::new(
            format!("KEY_{number}"),
            format!("{word:x}-{number}-Key"),
        ));
    }
    Redactor::new(secrets)
}

/// Text of which a chunk is made, by kind.
fn chunk(kind: &str) -> Vec<u8> {
    let line = match kind {
        "log" => "2026-01-02T03:04:05Z INFO server: handled GET /items/42 in 17 ms, status=200\n",
        "json" => {
            "{\"level\":\"info\",\"msg\":\"a \\\"quoted\\\" path \\\\u003c C:\\\\tmp\\n\",\"n\":17}\n"
        }
        "base64" => {
            "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZyBhbmQgcnVucyBhd2F5Li4u\n"
        }
        _ => "0123456789abcdef5468652071756963206b2062726f776e20666f78206a756d7073206f766572\n",
    };
    line.bytes().cycle().take(CHUNK).collect()
}

#[divan::bench(args = ["log", "json", "base64", "hex"], sample_count = 1, sample_size = 1)]
fn one_gib(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let (redactor, chunk) = (redactor(), chunk(kind));
    bencher.counter(BytesCount::new(TOTAL)).bench_local(|| {
        let mut stream = redactor.stream();
        let mut given = 0;
        for _ in 0..TOTAL / CHUNK {
            given += stream.push(&chunk).len();
        }
        given + stream.finish().len()
    });
}
