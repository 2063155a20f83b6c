//! The Windows standard library, built once.
//!
//! Debian packages Rust without the Windows target but with the sources of the standard library. Cargo's
//! unstable `build-std` compiles them; its results, put into the layout of a sysroot, then serve any number of
//! ordinary builds on the stable command line.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{TARGET, lab};
use crate::{files, process};

const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Builds into the sysroot folder of the lab.
pub(super) fn build(dest: &Path) -> Result<()> {
    let scratch = dest.join("build-std");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(scratch.join("src"))?;
    let manifest = "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
                    [profile.release]\ndebug = 0\n";
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    // A test, so that the crates `test` and `proc_macro` are built too.
    fs::write(scratch.join("src/lib.rs"), "#[test]\nfn seed() {}\n")?;
    let mut command = Command::new("/usr/bin/cargo");
    command.args(["test", "--quiet", "--release", "--no-run", "--target", TARGET]);
    command.args(["-Z", "build-std=std,panic_abort,panic_unwind,test,proc_macro"]);
    for name in lab::FOREIGN_VARIABLES {
        command.env_remove(name);
    }
    for (name, value) in lab::environment(dest) {
        if !name.ends_with("FLAGS") {
            command.env(name, value);
        }
    }
    // Cargo leaves the bitcode out where it does no link-time optimisation itself; later release builds need it.
    command.env(
        "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS",
        "-C embed-bitcode=yes",
    );
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .current_dir(&scratch);
    process::quiet(command, LIMIT)?;

    let libraries = lab::sysroot_folder(dest)
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib");
    let _ = fs::remove_dir_all(lab::sysroot_folder(dest));
    fs::create_dir_all(&libraries)?;
    let mut count = 0;
    for file in files::with_extension(&scratch.join("target").join(TARGET).join("release/deps"), "rlib")? {
        let Some(name) = file.file_name() else { continue };
        if !name.to_string_lossy().starts_with("libseed-") {
            fs::copy(&file, libraries.join(name))?;
            count += 1;
        }
    }
    if count < 10 {
        bail!("only {count} libraries came out; the layout of cargo's target folder may have changed");
    }
    fs::remove_dir_all(&scratch)?;
    Ok(())
}
