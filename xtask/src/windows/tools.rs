//! Which cargo, which sysroot and which Wine serve for Windows on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::lab;
use crate::{process, workspace};

/// The only Windows target of this project that can be built everywhere.
pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// Older Wine lacks `bcryptprimitives.dll`, which every Rust program on Windows loads.
const OLDEST_WINE: u32 = 9;

enum Origin {
    /// We are on Windows.
    Native,
    /// rustup's target, and a Wine on PATH.
    Installed,
    /// Made by `cargo xtask windows-env`.
    Lab(PathBuf),
}

/// How to build for Windows and how to run the result.
pub(crate) struct Tools {
    origin: Origin,
}

impl Tools {
    /// What is ready for use, `None` when nothing is.
    pub(crate) fn find() -> Result<Option<Self>> {
        if cfg!(windows) {
            return Ok(Some(Self {
                origin: Origin::Native,
            }));
        }
        if rustup_target_is_installed()? && installed_wine_version() >= OLDEST_WINE {
            return Ok(Some(Self {
                origin: Origin::Installed,
            }));
        }
        Ok(lab::candidates()
            .into_iter()
            .find(|folder| lab::is_complete(folder))
            .map(|f| Self::of_lab(&f)))
    }

    /// The lab in that folder, which must be complete.
    pub(crate) fn of_lab(folder: &Path) -> Self {
        Self {
            origin: Origin::Lab(folder.to_path_buf()),
        }
    }

    /// For people: what is used.
    pub(crate) fn origin(&self) -> String {
        match &self.origin {
            Origin::Native => "this is Windows; nothing to prepare".to_owned(),
            Origin::Installed => format!("rustup's {TARGET} and the installed wine"),
            Origin::Lab(folder) => folder.display().to_string(),
        }
    }

    /// Whether programs run on Windows itself and not under Wine.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self.origin, Origin::Native)
    }

    /// `cargo SUBCOMMAND`, prepared for the Windows target; the caller adds `--target` by [`Tools::target_args`].
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let Origin::Lab(folder) = &self.origin else {
            let mut command = Command::new(workspace::cargo());
            command.arg(subcommand);
            if matches!(self.origin, Origin::Installed) {
                command.env("CARGO_TARGET_DIR", workspace::target("windows"));
                command.env(
                    "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER",
                    "x86_64-w64-mingw32-gcc",
                );
                command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine");
            }
            return command;
        };
        let mut command = Command::new("/usr/bin/cargo");
        command.arg(subcommand);
        for name in lab::FOREIGN_VARIABLES {
            command.env_remove(name);
        }
        for (name, value) in lab::environment(folder) {
            command.env(name, value);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = [folder.join("bin"), PathBuf::from("/usr/bin")];
        if let Ok(joined) = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path))) {
            command.env("PATH", joined);
        }
        command.env("CARGO_TARGET_DIR", workspace::target("windows"));
        command
    }

    /// `--target TRIPLE`, or nothing on Windows itself.
    pub(crate) fn target_args(&self) -> &'static [&'static str] {
        if self.is_native() {
            &[]
        } else {
            &["--target", TARGET]
        }
    }

    /// Where the executables of a profile (`debug`, `release`) are put.
    pub(crate) fn output_folder(&self, profile: &str) -> PathBuf {
        if self.is_native() {
            workspace::target(profile)
        } else {
            workspace::target("windows").join(TARGET).join(profile)
        }
    }

    /// Debian packages clippy for its own Rust; a rustup toolchain always has it.
    pub(crate) fn has_clippy(&self) -> bool {
        match &self.origin {
            Origin::Lab(_) => Path::new("/usr/bin/cargo-clippy").is_file(),
            _ => true,
        }
    }

    /// The program that runs a Windows executable; `None` on Windows.
    pub(crate) fn wine(&self) -> Option<PathBuf> {
        match &self.origin {
            Origin::Native => None,
            Origin::Installed => Some(PathBuf::from("wine")),
            Origin::Lab(folder) => Some(folder.join("bin/wine")),
        }
    }

    /// The program that ends a Wine session; `None` on Windows.
    pub(crate) fn wineserver(&self) -> Option<PathBuf> {
        match &self.origin {
            Origin::Native => None,
            Origin::Installed => Some(PathBuf::from("wineserver")),
            Origin::Lab(folder) => Some(folder.join("bin/wineserver")),
        }
    }
}

fn rustup_target_is_installed() -> Result<bool> {
    if workspace::find_program("x86_64-w64-mingw32-gcc").is_none() {
        return Ok(false);
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder =
        process::stdout_of(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    let Ok(entries) = std::fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
}

/// 0 when there is none.
fn installed_wine_version() -> u32 {
    let Some(wine) = workspace::find_program("wine") else {
        return 0;
    };
    let text = process::stdout_of(Command::new(wine).arg("--version")).unwrap_or_default();
    major_version(&text)
}

/// `wine-10.0 (Debian 10.0~repack-6)` -> 10
pub(super) fn major_version(text: &str) -> u32 {
    let digits: String = text
        .trim_start_matches("wine-")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(0)
}
