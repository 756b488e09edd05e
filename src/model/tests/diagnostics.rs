//! What is said about models that are wrong.
