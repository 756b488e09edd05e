//! The large example of the design, completed.
