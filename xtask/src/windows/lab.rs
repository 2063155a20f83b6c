//! The lab: a folder with everything that building and testing for Windows needs on Debian 12.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{lab_wine, sysroot};
use crate::process::{self, step};
use crate::workspace;

/// Change it whenever the steps change, and every lab is made anew.
const RECIPE: u32 = 4;
/// Written last, with the number of the recipe.
const STAMP_FILE: &str = "director-winlab.stamp";

/// Debian's Rust is new enough in its `-web` flavour, which also brings the sources of the standard library.
const PACKAGES: &[&str] = &[
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-clippy",
    "gcc",
    "libc6-dev",
    "gcc-mingw-w64-x86-64-posix",
    "patchelf",
    "ca-certificates",
    "debian-archive-keyring",
];

/// We are run by another cargo, whose toolchain would otherwise leak into Debian's through these.
pub(super) const FOREIGN_VARIABLES: &[&str] = &[
    "CARGO",
    "CARGO_ENCODED_RUSTFLAGS",
    "LD_LIBRARY_PATH",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

const APT_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Where a lab is looked for, best first.
pub(super) fn candidates() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("DIRECTOR_WINLAB") {
        return vec![PathBuf::from(folder)];
    }
    let shared = PathBuf::from("/opt/director-winlab");
    let own = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/director/winlab"));
    std::iter::once(shared).chain(own).collect()
}

/// Where a new lab is made.
pub(super) fn default_folder() -> Result<PathBuf> {
    let mut all = candidates();
    let folder = if workspace::is_root() {
        all.drain(..).next()
    } else {
        all.pop()
    };
    folder.context("HOME is not set; use --dest DIR or set DIRECTOR_WINLAB")
}

/// Whether every step has been done by this version of the recipe.
pub(super) fn is_complete(folder: &Path) -> bool {
    fs::read_to_string(folder.join(STAMP_FILE)).is_ok_and(|text| text == stamp())
        && missing_packages(PACKAGES).is_empty()
}

fn stamp() -> String {
    format!("director-winlab {RECIPE}\n")
}

/// The number is in the path, and so in the compiler's flags, because cargo does not notice that another standard library
/// lies at the same place: what was compiled against the old one would no longer link.
pub(super) fn sysroot_folder(folder: &Path) -> PathBuf {
    folder.join(format!("sysroot-{RECIPE}"))
}

/// The variables that make `/usr/bin/cargo` build and run for Windows.
pub(super) fn environment(folder: &Path) -> Vec<(&'static str, String)> {
    let sysroot = format!("--sysroot={}", sysroot_folder(folder).display());
    vec![
        ("RUSTC", "/usr/bin/rustc".to_owned()),
        ("RUSTDOC", "/usr/bin/rustdoc".to_owned()),
        (
            "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER",
            "x86_64-w64-mingw32-gcc".to_owned(),
        ),
        (
            "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER",
            folder.join("bin/wine").display().to_string(),
        ),
        ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", sysroot.clone()),
        ("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTDOCFLAGS", sysroot),
    ]
}

/// Does all steps; what an interrupted earlier try left behind is made anew.
pub(super) fn prepare(dest: &Path) -> Result<()> {
    let started = Instant::now();
    refuse_other_systems()?;
    fs::create_dir_all(dest).with_context(|| format!("cannot create {}", dest.display()))?;
    let dest = &fs::canonicalize(dest)?;
    install_packages()?;
    lab_wine::unpack(dest)?;
    step("make a Wine prefix", || lab_wine::make_prefix(dest))?;
    step("build the Windows standard library", || sysroot::build(dest))?;
    write_environment_file(dest)?;
    fs::write(dest.join(STAMP_FILE), stamp())?;
    println!(
        "  ready after {:.0} s: {}",
        started.elapsed().as_secs_f64(),
        dest.display()
    );
    println!("  for a shell: . {}", dest.join("env.sh").display());
    Ok(())
}

/// Elsewhere the same two things are an ordinary installation, which we leave to the machine's owner.
fn refuse_other_systems() -> Result<()> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let value = release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').to_owned()
    };
    if cfg!(target_arch = "x86_64") && field("ID") == "debian" && field("VERSION_ID") == "12" {
        return Ok(());
    }
    bail!(
        "this recipe is for Debian 12 on x86_64. Here, install these yourself; they are then used:\n  \
         rustup target add {}\n  apt-get install wine wine64 gcc-mingw-w64-x86-64-posix   (wine 9 or later)",
        super::TARGET
    )
}

fn missing_packages(wanted: &[&'static str]) -> Vec<&'static str> {
    let format = "-f=${Package} ${db:Status-Status}\n";
    let mut query = Command::new("dpkg-query");
    // dpkg-query fails when one is unknown, yet prints the others; its answer is what counts.
    let output = query.args(["-W", format]).args(wanted).output();
    let text = output
        .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
        .unwrap_or_default();
    let installed = |name: &str| {
        text.lines()
            .any(|line| line.split_once(' ') == Some((name, "installed")))
    };
    wanted.iter().copied().filter(|name| !installed(name)).collect()
}

fn install_packages() -> Result<()> {
    let missing = missing_packages(PACKAGES);
    if missing.is_empty() {
        println!("  system packages: all there");
        return Ok(());
    }
    if !workspace::is_root() {
        bail!(
            "these system packages are missing and only root can install them. Run, then try again:\n  \
             sudo apt-get update\n  sudo apt-get install --no-install-recommends {}",
            missing.join(" ")
        );
    }
    install(&missing)
}

/// Installs Debian packages as root.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    step("update the package lists", || {
        process::quiet(apt(&["-qq", "update"]), APT_LIMIT)
    })?;
    step(&format!("install {}", packages.join(" ")), || {
        let mut command = apt(&["-qq", "install", "--yes", "--no-install-recommends"]);
        command.args(packages);
        process::quiet(command, APT_LIMIT)
    })?;
    Ok(())
}

fn apt(words: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(words);
    command
}

fn write_environment_file(dest: &Path) -> Result<()> {
    let mut text = String::from("# Source this, then: /usr/bin/cargo test --target x86_64-pc-windows-gnu\n");
    text.push_str(&format!(
        "export PATH='{}:/usr/bin':\"$PATH\"\n",
        dest.join("bin").display()
    ));
    for (name, value) in environment(dest) {
        text.push_str(&format!("export {name}='{value}'\n"));
    }
    fs::write(dest.join("env.sh"), text)?;
    Ok(())
}
