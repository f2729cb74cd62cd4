//! The name of a divergence that stays the same from run to run.

use std::collections::BTreeSet;

use cutover_base::blob::sha256_hex;
use cutover_base::by_side::BySide;

/// `D-` and 8 hex of case, step, field, kind and, per side, the hash of the sorted set of
/// normalised values. Order and number of replays play no part.
pub(super) fn fingerprint(place: [&str; 4], keys: &BySide<BTreeSet<&str>>) -> String {
    let hashes = keys.as_ref().map(|keys| {
        let keys: Vec<&str> = keys.iter().copied().collect();
        sha256_hex(keys.join("\n").as_bytes())
    });
    // A NUL stands in none of the parts, so two different places never give the same text.
    let text = format!("{}\0{}\0{}", place.join("\0"), hashes.source, hashes.target);
    format!("D-{}", &sha256_hex(text.as_bytes())[..8])
}
