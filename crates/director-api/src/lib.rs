//! director-api.
