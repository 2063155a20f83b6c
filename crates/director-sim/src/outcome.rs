//! What became of a history.

/// What a history was made of.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Moments at which something happened.
    pub steps: u64,
    /// Turns of the driver.
    pub turns: u64,
    /// Programs started.
    pub spawns: u64,
    /// Directors killed.
    pub kills: u64,
    /// Those of them that were killed at a boundary.
    pub boundary_kills: u64,
    /// Virtual time.
    pub virtual_ms: u64,
    /// Facts that the last core found stale.
    pub stale: u64,
    /// How often each boundary was passed.
    pub boundaries: [u32; 20],
    /// All orders with their times, as one number.
    pub fingerprint: u64,
}

impl Stats {
    pub(crate) fn mix(&mut self, words: &[u64]) {
        for word in words {
            self.fingerprint = (self.fingerprint ^ word)
                .wrapping_mul(0x0000_0100_0000_01B3)
                .rotate_left(29);
        }
    }
}

/// A guarantee that was broken.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which history.
    pub seed: u64,
    /// At which step.
    pub step: u64,
    /// What.
    pub what: String,
    /// The last steps, in words, if they were traced.
    pub steps: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        writeln!(f, "seed {}, step {}: {}", self.seed, self.step, self.what)?;
        write!(f, "replay: cargo xtask sim --seeds 1 --seed {}", self.seed)
    }
}
