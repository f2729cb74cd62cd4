//! JSON values as JavaScript has them.
//!
//! Nothing here goes deeper into the stack for a value that is nested deeper: not a clone, a drop, a
//! comparison, a conversion to text.

mod array;
mod ask;
mod convert;
mod equal;
mod flatten;
mod kinds;
mod object;

pub use kinds::{Array, Object, Value};
