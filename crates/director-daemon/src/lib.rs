//! director-daemon.
