//! Accounts from the system's user database (NSS).

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Account, AccountError};

/// The largest database entry that is read; real ones have some hundred bytes.
const ENTRY_MAX: usize = 1 << 20;
/// The account of whoever has no other one.
const NOBODY: u32 = 65_534;

pub(crate) fn resolve(name: &str) -> Result<Account, AccountError> {
    let unknown = || AccountError::Unknown(name.to_owned());
    let failed = |source| AccountError::Io {
        name: name.to_owned(),
        source,
    };
    let text = CString::new(name).map_err(|_| unknown())?;
    let by_name = entry(|passwd, buffer, length, result| {
        // SAFETY: `text` is NUL-terminated; the other pointers come from `entry` and are valid as getpwnam_r requires.
        unsafe { libc::getpwnam_r(text.as_ptr(), passwd, buffer, length, result) }
    })
    .map_err(failed)?;
    let account = match (by_name, name.parse::<u32>()) {
        (Some(account), _) => account,
        (None, Ok(uid)) => by_uid(uid).map_err(failed)?.ok_or_else(unknown)?,
        (None, Err(_)) => return Err(unknown()),
    };
    let groups = groups(&account).map_err(failed)?;
    Ok(Account { groups, ..account })
}

pub(crate) fn current_user_name() -> io::Result<String> {
    Ok(name_of(effective_uid()))
}

pub(crate) fn is_elevated() -> bool {
    effective_uid() == 0
}

/// From the file itself: a directory service may hold a hundred thousand accounts that never come near this machine.
pub(crate) fn profile_dirs() -> Vec<PathBuf> {
    let text = std::fs::read("/etc/passwd").unwrap_or_default();
    let mut folders: Vec<PathBuf> = text
        .split(|byte| *byte == b'\n')
        .filter_map(home_of_person)
        .collect();
    folders.extend(
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_absolute()),
    );
    folders
}

/// passwd(5): name, password, user, group, comment, home, shell.
fn home_of_person(line: &[u8]) -> Option<PathBuf> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let uid: u32 = std::str::from_utf8(fields.get(2)?).ok()?.parse().ok()?;
    let is_person = uid == 0 || (1_000..NOBODY).contains(&uid);
    let home = PathBuf::from(OsStr::from_bytes(fields.get(5)?));
    (is_person && home.is_absolute()).then_some(home)
}

pub(crate) fn effective_uid() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// The name of a user number, or the number as text.
pub(crate) fn name_of(uid: u32) -> String {
    by_uid(uid)
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |account| account.name)
}

fn by_uid(uid: u32) -> io::Result<Option<Account>> {
    entry(|passwd, buffer, length, result| {
        // SAFETY: the pointers come from `entry` and are valid as getpwuid_r requires.
        unsafe { libc::getpwuid_r(uid, passwd, buffer, length, result) }
    })
}

type Lookup<'a> =
    &'a dyn Fn(*mut libc::passwd, *mut libc::c_char, usize, *mut *mut libc::passwd) -> libc::c_int;

fn entry(
    call: impl Fn(*mut libc::passwd, *mut libc::c_char, usize, *mut *mut libc::passwd) -> libc::c_int,
) -> io::Result<Option<Account>> {
    let call: Lookup<'_> = &call;
    let mut length = 1024;
    loop {
        let mut buffer: Vec<libc::c_char> = vec![0; length];
        // SAFETY: passwd is plain data (integers and pointers) for which all zeroes is a valid value.
        let mut passwd: libc::passwd = unsafe { std::mem::zeroed() };
        let mut result = std::ptr::null_mut();
        match call(&raw mut passwd, buffer.as_mut_ptr(), length, &raw mut result) {
            0 if result.is_null() => return Ok(None),
            // SAFETY: success with a result means that the strings are NUL-terminated and inside `buffer`, which still lives.
            0 => return Ok(Some(unsafe { account(&passwd) })),
            libc::ERANGE if length < ENTRY_MAX => length *= 4,
            // POSIX leaves open how "no such entry" is told; these are in use.
            libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// # Safety
/// The strings of `passwd` must be NUL-terminated and alive.
unsafe fn account(passwd: &libc::passwd) -> Account {
    let text = |pointer: *const libc::c_char| {
        // SAFETY: the caller promises a live, NUL-terminated string.
        let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
        OsStr::from_bytes(bytes).to_os_string()
    };
    Account {
        name: text(passwd.pw_name).to_string_lossy().into_owned(),
        uid: passwd.pw_uid,
        gid: passwd.pw_gid,
        groups: Vec::new(),
        home: PathBuf::from(text(passwd.pw_dir)),
        shell: PathBuf::from(text(passwd.pw_shell)),
    }
}

fn groups(account: &Account) -> io::Result<Vec<u32>> {
    let name = CString::new(account.name.as_str())?;
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut count = libc::c_int::try_from(groups.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `name` is NUL-terminated, `groups` has room for `count` numbers, `count` is valid for reading and writing.
        let result =
            unsafe { libc::getgrouplist(name.as_ptr(), account.gid, groups.as_mut_ptr(), &raw mut count) };
        let count = usize::try_from(count).unwrap_or(0);
        if result >= 0 {
            groups.truncate(count);
            return Ok(groups);
        }
        if groups.len() >= 1 << 16 {
            return Err(io::Error::other("too many groups"));
        }
        let room = count.max(groups.len() * 2);
        groups.resize(room, 0);
    }
}
