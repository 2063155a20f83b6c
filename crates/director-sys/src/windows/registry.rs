//! What the system writes down about itself in the registry.

use std::io;
use std::path::PathBuf;

use windows_sys::Win32::Foundation::{ERROR_NO_MORE_ITEMS, ERROR_SUCCESS};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_READ, RRF_RT_REG_EXPAND_SZ, RRF_RT_REG_SZ, RegCloseKey, RegEnumKeyExW,
    RegGetValueW, RegOpenKeyExW,
};

use super::os_error;
use super::text::{from_wide, wide};

const PROFILES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
/// How the identifiers of people's accounts begin; the others are the system's own.
const PERSON: &str = "S-1-5-21-";

struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key was opened by us and is closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

/// The profile folders of people who have signed in here.
pub(crate) fn profiles() -> io::Result<Vec<PathBuf>> {
    let path = wide(PROFILES)?;
    let mut key = std::ptr::null_mut();
    // SAFETY: the path ends in NUL; the out parameter lives through the call.
    answer(unsafe { RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), 0, KEY_READ, &mut key) })?;
    let key = Key(key);
    let mut folders = Vec::new();
    for index in 0.. {
        // The documented limit of a key's name, and its NUL.
        let mut name = [0_u16; 256];
        let mut length = name.len() as u32;
        // SAFETY: the key is open, and the buffer has the length that is passed; unwanted results are null.
        let code = unsafe {
            RegEnumKeyExW(
                key.0,
                index,
                name.as_mut_ptr(),
                &mut length,
                std::ptr::null(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        if code == ERROR_NO_MORE_ITEMS {
            break;
        }
        answer(code)?;
        if from_wide(&name).to_string_lossy().starts_with(PERSON) {
            folders.extend(folder(&key, &name));
        }
    }
    Ok(folders)
}

fn folder(key: &Key, account: &[u16]) -> Option<PathBuf> {
    let value = wide("ProfileImagePath").ok()?;
    let mut text = vec![0_u16; 1_024];
    let mut bytes = (text.len() * size_of::<u16>()) as u32;
    // Variables in it are put in by the call.
    // SAFETY: both names end in NUL; the buffer has the length that is passed; the unwanted result is null.
    let code = unsafe {
        RegGetValueW(
            key.0,
            account.as_ptr(),
            value.as_ptr(),
            RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ,
            std::ptr::null_mut(),
            text.as_mut_ptr().cast(),
            &mut bytes,
        )
    };
    (code == ERROR_SUCCESS).then(|| PathBuf::from(from_wide(&text)))
}

fn answer(code: u32) -> io::Result<()> {
    if code == ERROR_SUCCESS {
        Ok(())
    } else {
        Err(os_error(code))
    }
}
