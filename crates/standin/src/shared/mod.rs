//! What both stand-ins do alike, whatever their wires say.
//!
//! Comes in: values and closures of a stand-in. Goes out: the same work for both. Deliberately
//! absent: anything of one provider's wire; what only looks alike on both wires stays apart.

pub(crate) mod deadlines;
