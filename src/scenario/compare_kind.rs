//! How a field is compared.

/// Kinds of comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum CompareKind {
    /// Equal as JSON values, nothing normalised.
    Exact,
    /// Text after normalisation.
    Text,
    /// Raw bytes, nothing normalised.
    Bytes,
    /// Structure: missing, extra, type, order, value.
    Json,
    /// Only the class of failure.
    Class,
    /// Lines as a multiset.
    LinesAnyOrder,
    /// The larger at most this many times the smaller.
    Within(f64),
    /// Not compared, and why.
    Ignore(String),
}
