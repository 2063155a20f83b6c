//! Wine 10, unpacked from packages of the next Debian release without installing any of them.
//!
//! The packages bring their own C library, so nothing of the running system is touched or trusted: the two
//! ELF programs that start everything get that library's loader and search path written into them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::files;
use crate::process::{self, step};

const RELEASE: &str = "trixie";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Wine and the closure of libraries that its console side really loads. No X11, no sound, no printing.
const PACKAGES: &[&str] = &[
    "wine",
    "wine64",
    "libwine",
    "libz-mingw-w64",
    "libc6",
    "libunwind8",
    "liblzma5",
    "libgcc-s1",
    "libstdc++6",
    "zlib1g",
    "libfreetype6",
    "libpng16-16t64",
    "libbrotli1",
    "libbz2-1.0",
    "libfontconfig1",
    "libexpat1",
    "fontconfig-config",
    "fonts-dejavu-core",
    "libgnutls30t64",
    "libhogweed6t64",
    "libnettle8t64",
    "libgmp10",
    "libidn2-0",
    "libunistring5",
    "libp11-kit0",
    "libtasn1-6",
    "libffi8",
    "libdbus-1-3",
    "libsystemd0",
    "libcap2",
    "libxml2",
];

/// Downloads, unpacks and makes it runnable from where it lies.
pub(super) fn unpack(dest: &Path) -> Result<()> {
    let wine = dest.join("wine");
    let apt = dest.join("apt");
    for old in [&wine, &apt] {
        files::remove_folder(old)?;
    }
    fs::create_dir_all(&wine)?;
    let options = step(&format!("read the package lists of {RELEASE}"), || {
        make_private_apt(&apt)
    })?;
    let cache = apt.join("cache/archives");
    step("download Wine 10", || {
        let mut command = Command::new("apt-get");
        command
            .args(&options)
            .args(["-qq", "download"])
            .args(PACKAGES)
            .current_dir(&cache);
        process::quiet(command, LIMIT)
    })?;
    step("unpack Wine 10 beside the system", || unpack_all(&cache, &wine))?;
    step("make it run from there", || relocate(dest, &wine))?;
    files::remove_folder(&apt)
}

/// A Wine prefix (the C: drive and the registry) from which others are copied or which is used as it is.
pub(super) fn make_prefix(dest: &Path) -> Result<()> {
    files::remove_folder(&dest.join("prefix"))?;
    let mut boot = Command::new(dest.join("bin/wine"));
    boot.args(["wineboot", "-i"]).env_remove("WINEPREFIX");
    process::quiet(boot, LIMIT)?;
    process::quiet(wait_for_end(dest), LIMIT)?;
    let mut version = Command::new(dest.join("bin/wine"));
    version.args(["cmd", "/c", "ver"]).env_remove("WINEPREFIX");
    let text = process::quiet(version, LIMIT)?;
    if !text.contains("Microsoft Windows") {
        bail!("Wine starts but does not answer like Windows: {}", text.trim());
    }
    process::quiet(wait_for_end(dest), LIMIT).map(|_| ())
}

fn wait_for_end(dest: &Path) -> Command {
    let mut command = Command::new(dest.join("bin/wineserver"));
    command.arg("-w").env_remove("WINEPREFIX");
    command
}

/// An apt of its own: empty status (so that every package counts as missing), one source, own folders.
fn make_private_apt(apt: &Path) -> Result<Vec<String>> {
    for folder in [
        "state/lists/partial",
        "cache/archives/partial",
        "etc/apt.conf.d",
        "etc/preferences.d",
        "etc/sources.list.d",
    ] {
        fs::create_dir_all(apt.join(folder))?;
    }
    fs::write(apt.join("status"), "")?;
    let source = format!("deb [signed-by={KEYRING}] {} {RELEASE} main\n", mirror()?);
    fs::write(apt.join("etc/sources.list"), source)?;
    let mut options = Vec::new();
    for (name, folder) in [
        ("Dir::Etc", "etc"),
        ("Dir::State", "state"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
    ] {
        options.extend(["-o".to_owned(), format!("{name}={}", apt.join(folder).display())]);
    }
    for option in [
        "APT::Architecture=amd64",
        "APT::Architectures::=amd64",
        "Acquire::Languages=none",
        "APT::Sandbox::User=root",
    ] {
        options.extend(["-o".to_owned(), option.to_owned()]);
    }
    let mut update = Command::new("apt-get");
    update.args(&options).args(["-qq", "update"]);
    process::quiet(update, LIMIT)?;
    Ok(options)
}

/// The mirror this machine uses for its own release: no other host is ever contacted.
fn mirror() -> Result<String> {
    let mut query = Command::new("apt-get");
    query.args([
        "indextargets",
        "--format",
        "$(REPO_URI) $(CODENAME)",
        "Created-By: Packages",
    ]);
    let text = process::stdout_of(&mut query)?;
    let own = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(_, name)| *name == "bookworm");
    own.map(|(address, _)| address.to_owned())
        .context("apt knows no mirror for bookworm; `apt-get update` must have run and sources must name it")
}

fn unpack_all(from: &Path, to: &Path) -> Result<()> {
    for package in files::with_extension(from, "deb")? {
        let mut command = Command::new("dpkg-deb");
        command.arg("-x").arg(&package).arg(to);
        process::quiet(command, LIMIT)?;
    }
    Ok(())
}

fn relocate(dest: &Path, wine: &Path) -> Result<()> {
    let libraries = wine.join("usr/lib/x86_64-linux-gnu");
    let programs = wine.join("usr/lib/wine");
    mark_zlib_as_builtin(wine, &libraries)?;
    for name in ["wine64", "wineserver64"] {
        let mut command = Command::new("patchelf");
        command
            .arg("--set-interpreter")
            .arg(libraries.join("ld-linux-x86-64.so.2"));
        command
            .arg("--force-rpath")
            .arg("--set-rpath")
            .arg(&libraries)
            .arg(programs.join(name));
        process::quiet(command, LIMIT)?;
    }
    // wine64 starts `wineserver` from its own folder; the packaged script there would run the system's one.
    write_program(
        &programs.join("wineserver"),
        "#!/bin/sh\nexec \"${0%/*}/wineserver64\" -p0 \"$@\"\n",
    )?;
    // The server looks for its tables below ../../share/wine/wine.
    let tables = wine.join("usr/share/wine/wine");
    if fs::symlink_metadata(&tables).is_err() {
        files::link(Path::new("."), &tables)?;
    }
    fs::create_dir_all(dest.join("bin"))?;
    let (dest, programs, fonts) = (dest.display(), programs.display(), wine.join("etc/fonts"));
    write_program(
        Path::new(&format!("{dest}/bin/wine")),
        &format!(
            "#!/bin/sh\nunset DISPLAY WAYLAND_DISPLAY\nexport WINELOADER='{programs}/wine64' \
             WINEDEBUG=\"${{WINEDEBUG:--all}}\" WINEPREFIX=\"${{WINEPREFIX:-{dest}/prefix}}\" \
             FONTCONFIG_PATH=\"${{FONTCONFIG_PATH:-{}}}\" XDG_RUNTIME_DIR=\"${{XDG_RUNTIME_DIR:-/tmp}}\"\n\
             exec '{programs}/wine64' \"$@\"\n",
            fonts.display()
        ),
    )?;
    write_program(
        Path::new(&format!("{dest}/bin/wineserver")),
        &format!(
            "#!/bin/sh\nexport WINEPREFIX=\"${{WINEPREFIX:-{dest}/prefix}}\"\nexec '{programs}/wineserver' \"$@\"\n"
        ),
    )
}

/// What the package does after installing: Wine loads a DLL as its own only with this mark in the DOS stub.
fn mark_zlib_as_builtin(wine: &Path, libraries: &Path) -> Result<()> {
    const MARK_AT: usize = 64;
    let mut mark = [0_u8; 32];
    mark[..16].copy_from_slice(b"Wine builtin DLL");
    let mut bytes = fs::read(wine.join("usr/x86_64-w64-mingw32/lib/zlib1.dll"))?;
    let Some(stub) = bytes.get_mut(MARK_AT..MARK_AT + mark.len()) else {
        bail!("zlib1.dll is too short")
    };
    stub.copy_from_slice(&mark);
    fs::write(libraries.join("wine/x86_64-windows/zlib1.dll"), bytes)?;
    Ok(())
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    // The packages have a link or a file here; writing through a link would change something else.
    let _ = fs::remove_file(path);
    files::write_program(path, text)
}
