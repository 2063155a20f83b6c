//! director-config.
