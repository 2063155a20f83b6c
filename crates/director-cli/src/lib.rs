//! director-cli.
