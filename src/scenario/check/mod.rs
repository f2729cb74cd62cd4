//! The checked conversion: a located tree in, a [`Scenario`](crate::scenario::model::Scenario)
//! without a mistake out, or every mistake of the file with its place.
//!
//! [`scenario`] reads the top of a file ([`stack`] and [`surfaces`] some keys of it), [`step`] one step, [`action`] the arguments of its verb,
//! [`conditions`] what it expects, compares, captures and waits for; [`flow`] then looks at the
//! whole: references, names of sandboxes and processes, fields. Deliberately absent: reading
//! files other than `file:` data.

pub(crate) mod action;
pub(crate) mod args;
pub(crate) mod conditions;
pub(crate) mod data;
pub(crate) mod fields;
pub(crate) mod findings;
pub(crate) mod flow;
mod operands;
pub(crate) mod scalar;
pub(crate) mod scenario;
pub(crate) mod stack;
pub(crate) mod step;
mod surfaces;
mod written;

#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod surfaces_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wants_tests;
#[cfg(test)]
pub(crate) use tests::EXAMPLE;
