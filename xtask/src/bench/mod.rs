//! `cargo xtask bench`

pub(crate) fn main(_words: &[String]) -> anyhow::Result<bool> {
    Ok(false)
}
