//! Building and testing for Windows on a Linux machine.
//!
//! Two ways lead there. Where rustup has the target `x86_64-pc-windows-gnu` and a new enough Wine is installed,
//! they are used as they are. Otherwise a folder of our own (the "lab") holds a Wine of the next Debian release,
//! unpacked beside the system, and a Windows standard library built once from the distribution's Rust sources.
//! On Windows nothing of this is needed.

mod lab;
mod lab_wine;
mod session;
mod sysroot;
#[cfg(test)]
mod tests;
mod tools;

use std::path::PathBuf;

use anyhow::Result;

use crate::help::Usage;
pub(crate) use lab::install as install_packages;
pub(crate) use session::{Session, wine_path};
pub(crate) use tools::{TARGET, Tools};

/// `cargo xtask windows-env`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    let mut dest = None;
    let mut check = false;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--check" => check = true,
            "--dest" => match rest.next() {
                Some(folder) => dest = Some(PathBuf::from(folder)),
                None => return Err(Usage::new("--dest needs a folder").into()),
            },
            other => return Err(Usage::unexpected(other)),
        }
    }
    if let (None, Some(tools)) = (&dest, Tools::find()?) {
        println!("ready: {}", tools.origin());
        return Ok(true);
    }
    let dest = match dest {
        Some(folder) => std::path::absolute(folder)?,
        None => lab::default_folder()?,
    };
    if lab::is_complete(&dest) {
        println!("ready: {}", dest.display());
        return Ok(true);
    }
    if check {
        println!(
            "missing: {} is not complete; run `cargo xtask windows-env`",
            dest.display()
        );
        return Ok(false);
    }
    lab::prepare(&dest)?;
    Ok(true)
}

/// What this machine has; made first where we have the right to (see [`lab::prepare`]).
pub(crate) fn ensure() -> Result<Tools> {
    if let Some(tools) = Tools::find()? {
        return Ok(tools);
    }
    let dest = lab::default_folder()?;
    println!("  preparing {} (once, about three minutes)", dest.display());
    lab::prepare(&dest)?;
    Ok(Tools::of_lab(&dest))
}
