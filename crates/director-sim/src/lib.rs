//! director-sim.
