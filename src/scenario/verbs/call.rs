//! The call of a step, before its references are replaced.

use std::fmt;

use crate::call::ToolCall;
use crate::scenario::template::Bindings;
use crate::scenario::verbs::arguments::{ResolveError, Written};
use crate::scenario::verbs::verb::Verb;

/// A call whose arguments may still hold `${{ name }}`.
#[derive(Clone)]
pub struct Call {
    /// The verb that was written.
    pub verb: &'static Verb,
    /// Its arguments.
    pub written: Written,
}

impl Call {
    /// The call with every reference replaced.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub fn resolve(&self, bindings: &Bindings) -> Result<ToolCall, ResolveError> {
        let name = self.verb.name;
        let call = self.verb.call.ok_or(ResolveError::NotACall(name))?;
        call(&self.written.resolve(name, bindings)?)
    }
}

/// What the step sends; two calls that send the same are shown alike.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.verb.name, self.written)
    }
}
