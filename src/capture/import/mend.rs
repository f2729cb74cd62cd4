//! The readable beginning of a JSON text that was cut.

/// The text up to its last whole value, with what is open closed; none where nothing whole is there.
pub(super) fn mend(text: &str) -> Option<String> {
    let mut open: Vec<u8> = Vec::new();
    let mut good: Option<(usize, Vec<u8>)> = None;
    let (mut in_text, mut escaped) = (false, false);
    let mut last_comma = None;
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                open.pop();
                last_comma = Some((at + 1, open.len()));
            }
            b',' => last_comma = Some((at, open.len())),
            _ => {}
        }
        if let Some((end, depth)) = last_comma.take() {
            // Only the brackets differ from place to place, and mostly few.
            match &mut good {
                Some((place, brackets)) if brackets.as_slice() == &open[..depth] => *place = end,
                _ => good = Some((end, open[..depth].to_vec())),
            }
        }
    }
    let (end, mut brackets) = good?;
    let mut mended = text.get(..end)?.to_owned();
    while let Some(bracket) = brackets.pop() {
        mended.push(char::from(bracket));
    }
    Some(mended)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_cut_of_a_text_can_be_read() {
        let text = r#"{"a": [{"b": "x, \"y\" }]", "c": [1, 2]}, {"d": null}], "e": "\\"}"#;
        let mut readable = 0;
        for end in 1..text.len() {
            if let Some(mended) = mend(&text[..end]) {
                serde_json::from_str::<Value>(&mended)
                    .unwrap_or_else(|why| panic!("{mended}: {why}"));
                readable += 1;
            }
        }
        assert!(readable > 30);
        let half = mend(r#"{"t": [{"n": 1}, {"n": 2}, {"n": "#).unwrap();
        let half: Value = serde_json::from_str(&half).unwrap();
        assert_eq!(half["t"].as_array().unwrap().len(), 2);
        assert_eq!(mend("{\"a"), None);
    }
}
