//! director-doctor.
