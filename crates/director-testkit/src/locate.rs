//! Finding `rogue` from a test of any crate, and building it when need be: cargo builds the programs
//! of a package for that package's own tests only.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

const PROGRAM: &str = if cfg!(windows) { "rogue.exe" } else { "rogue" };

/// The folder of this crate when it was compiled. On another machine it does not exist: then the
/// program that is there is taken as it is.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

/// The program `rogue`, of the same profile and target as the running test. Built first when it is
/// missing or older than its sources; tests that ask at the same time wait for one build.
///
/// # Panics
/// When it cannot be built; under Wine, where cargo cannot run, the message names the command to run
/// first.
#[must_use]
pub fn rogue() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| Place::of_this_test().program()).clone()
}

/// Where cargo put the running test: `TARGET_DIR[/TRIPLE]/PROFILE/deps/test`.
struct Place {
    target_dir: PathBuf,
    triple: Option<String>,
    profile_dir: PathBuf,
}

impl Place {
    fn of_this_test() -> Self {
        let test = std::env::current_exe().expect("a test knows its own program");
        let profile_dir = test
            .ancestors()
            .find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
        // Programs of the package itself lie beside `deps`.
        let profile_dir = profile_dir.and_then(Path::parent).or(test.parent());
        let profile_dir = profile_dir.expect("a program lies in a folder").to_path_buf();
        let above = profile_dir.parent().unwrap_or(&profile_dir);
        let name = above
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // A triple has at least two hyphens, x86_64-pc-windows-gnu, and the target folder above it.
        let is_triple = name.matches('-').count() >= 2 && above.parent().is_some_and(is_target_dir);
        if is_triple {
            let target_dir = above.parent().unwrap_or(above).to_path_buf();
            Self {
                target_dir,
                triple: Some(name.to_owned()),
                profile_dir,
            }
        } else {
            Self {
                target_dir: above.to_path_buf(),
                triple: None,
                profile_dir,
            }
        }
    }

    fn program(&self) -> PathBuf {
        let program = self.profile_dir.join(PROGRAM);
        if self.is_fresh(&program) {
            return program;
        }
        // Wine would start a Linux cargo, but not wait for it.
        assert!(
            !under_wine(),
            "{} is missing or older than its sources, and cargo cannot run under Wine. Run first:\n  {}",
            program.display(),
            self.command_line()
        );
        let _lock = self.lock().expect("cannot take the lock for building rogue");
        if !self.is_fresh(&program) {
            self.build();
            assert!(
                program.is_file(),
                "{} is not there after its build",
                program.display()
            );
            // Cargo leaves the program's time alone when nothing that matters to it has changed.
            fs::write(self.stamp(), b"").expect("cannot write the stamp of rogue's build");
        }
        program
    }

    /// Not older than what it is made of, or looked at by cargo since that changed.
    fn is_fresh(&self, program: &Path) -> bool {
        let Some(built) = modified(program) else {
            return false;
        };
        let checked = modified(&self.stamp()).map_or(built, |checked| checked.max(built));
        !Path::new(SOURCES).exists() || self.newest_source().is_some_and(|newest| checked >= newest)
    }

    /// The newest change of any file that cargo's own list names; none when a file or the list is missing.
    fn newest_source(&self) -> Option<SystemTime> {
        let list = fs::read_to_string(self.profile_dir.join("rogue.d")).ok()?;
        let (_program, sources) = list.lines().next()?.split_once(": ")?;
        // A space within a path is written with a backslash before it.
        let sources = sources.replace("\\ ", "\0");
        let changes = sources
            .split(' ')
            .map(|path| modified(Path::new(&path.replace('\0', " "))));
        changes.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    fn stamp(&self) -> PathBuf {
        self.profile_dir.join(".rogue-checked")
    }

    fn lock(&self) -> io::Result<File> {
        let file = File::create(self.profile_dir.join(".rogue-build.lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn build(&self) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(self.arguments())
            .arg("--target-dir")
            .arg(&self.target_dir)
            .current_dir(SOURCES);
        let output = command.output();
        let output = output.unwrap_or_else(|error| {
            panic!(
                "cannot run cargo to build rogue: {error}. Run first:\n  {}",
                self.command_line()
            )
        });
        assert!(
            output.status.success(),
            "rogue cannot be built:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = [
            "build",
            "--quiet",
            "--package",
            "director-testkit",
            "--bin",
            "rogue",
        ]
        .map(Into::into)
        .into();
        if let Some(triple) = &self.triple {
            arguments.extend(["--target".into(), triple.clone()]);
        }
        match self.profile_dir.file_name().and_then(|name| name.to_str()) {
            None | Some("debug") => {}
            Some(profile) => arguments.extend(["--profile".into(), profile.into()]),
        }
        arguments
    }

    fn command_line(&self) -> String {
        let mut target_dir = self.target_dir.display().to_string();
        if under_wine() {
            // It is to be typed in a Linux shell: Z: is the root folder there.
            target_dir = target_dir.trim_start_matches("Z:").replace('\\', "/");
        }
        format!("cargo {} --target-dir {target_dir}", self.arguments().join(" "))
    }
}

/// Cargo marks its target folder.
fn is_target_dir(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// Whether this is Wine rather than Windows: for tests of what Wine cannot do, which must say that they
/// skip it.
#[cfg(unix)]
#[must_use]
pub fn under_wine() -> bool {
    false
}

/// Whether this is Wine rather than Windows: for tests of what Wine cannot do, which must say that they
/// skip it.
#[cfg(windows)]
#[expect(unsafe_code, reason = "looking for a function by name has no safe interface")]
#[must_use]
pub fn under_wine() -> bool {
    use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
    // SAFETY: constant strings; ntdll is part of every process.
    unsafe {
        GetProcAddress(
            GetModuleHandleW(windows_sys::w!("ntdll.dll")),
            windows_sys::s!("wine_get_version"),
        )
    }
    .is_some()
}
