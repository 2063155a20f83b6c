//! director-testkit.
