//! `cargo xtask dist`: release files for both systems, with checksums.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::help::Usage;
use crate::metadata::Graph;
use crate::process::{self, step};
use crate::windows::{self, TARGET};
use crate::workspace;

const LIMIT: Duration = Duration::from_secs(60 * 60);

/// `cargo xtask dist [--linux-only | --windows-only]`
pub(crate) fn main(words: &[String]) -> Result<bool> {
    let (mut native, mut for_windows) = (true, !cfg!(windows));
    for word in words {
        match word.as_str() {
            "--linux-only" => for_windows = false,
            "--windows-only" => native = cfg!(windows),
            other => return Err(Usage::unexpected(other)),
        }
    }
    if !native && !for_windows {
        return Err(Usage::new("--linux-only and --windows-only exclude each other").into());
    }
    let folder = workspace::target("dist");
    fs::create_dir_all(&folder)?;
    let version = version()?;
    let mut made = Vec::new();
    if native {
        let mut build = Command::new(workspace::cargo());
        build.args(["build", "--release", "--package", "director", "--bin", "director"]);
        build.args(workspace::locked()).current_dir(workspace::root());
        step("build for this system", || process::quiet(build, LIMIT))?;
        let built = workspace::target("release").join(format!("director{}", std::env::consts::EXE_SUFFIX));
        made.push(keep(&built, &folder, &version, &host_triple()?)?);
    }
    if for_windows {
        let tools = windows::ensure()?;
        let mut build = tools.cargo("build");
        build
            .args(["--release", "--package", "director", "--bin", "director"])
            .args(tools.target_args());
        build.args(workspace::locked()).current_dir(workspace::root());
        step("build for Windows", || process::quiet(build, LIMIT))?;
        made.push(keep(
            &tools.output_folder("release").join("director.exe"),
            &folder,
            &version,
            TARGET,
        )?);
    }
    let sums: String = made.iter().map(|file| checksum(file)).collect::<Result<_>>()?;
    fs::write(folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    println!("in {}", folder.display());
    Ok(true)
}

fn version() -> Result<String> {
    let graph = Graph::load()?;
    let own = graph.members().find(|(_, package)| package.name == "director");
    Ok(own
        .context("the workspace has no package `director`")?
        .1
        .version
        .clone())
}

fn host_triple() -> Result<String> {
    let text = process::stdout_of(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

fn keep(built: &Path, folder: &Path, version: &str, target: &str) -> Result<PathBuf> {
    let suffix = built
        .extension()
        .map(|e| format!(".{}", e.to_string_lossy()))
        .unwrap_or_default();
    let to = folder.join(format!("director-{version}-{target}{suffix}"));
    fs::copy(built, &to).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(to)
}

/// A line as `sha256sum -c` reads it. The tool comes with every Linux; Windows has certutil.
fn checksum(file: &Path) -> Result<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let text = if cfg!(windows) {
        process::stdout_of(Command::new("certutil").arg("-hashfile").arg(file).arg("SHA256"))?
    } else {
        process::stdout_of(Command::new("sha256sum").arg(file))?
    };
    let sum = text
        .split_whitespace()
        .find(|word| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()));
    let Some(sum) = sum else {
        bail!("no SHA-256 sum of {} in: {text}", file.display())
    };
    Ok(format!("{sum}  {name}\n"))
}
