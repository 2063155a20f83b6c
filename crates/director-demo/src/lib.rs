//! director-demo.
