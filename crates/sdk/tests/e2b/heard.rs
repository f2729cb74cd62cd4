//! Requests as they came over the wire.

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) line: String,
    /// Names in lower case and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body without chunks.
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str())
    }
}

/// The request in bytes, once it is whole.
pub(crate) fn heard(got: &[u8]) -> Option<Heard> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&got[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut request = Heard {
        line,
        headers,
        body: Vec::new(),
    };
    let body = &got[end + 4..];
    request.body = if request.header("transfer-encoding").is_some() {
        unchunked(body)?
    } else {
        let length = request.header("content-length").unwrap_or("0");
        body.get(..length.parse().ok()?)?.to_vec()
    };
    Some(request)
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(&rest[..end]).ok()?;
        let length = usize::from_str_radix(length, 16).ok()?;
        rest = &rest[end + 2..];
        body.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length + 2..)?;
        if length == 0 {
            return Some(body);
        }
    }
}
