//! director-store.
