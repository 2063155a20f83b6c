//! Accounts as Windows names them (security identifiers), and access lists.

use std::ffi::OsString;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
    GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT, SE_KERNEL_OBJECT,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetTokenInformation, LookupAccountSidW, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, SetFileSecurityW,
    TOKEN_ELEVATION, TOKEN_QUERY, TOKEN_USER, TokenElevation, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::text::{from_wide, from_wide_pointer, wide};
use super::{check, os_error, own, size_of_u32};

/// LocalSystem.
pub(crate) const SYSTEM: &str = "S-1-5-18";
/// The built-in group of administrators, which owns what an elevated administrator creates.
pub(crate) const ADMINISTRATORS: &str = "S-1-5-32-544";

/// Memory that a call allocated for us with `LocalAlloc`.
#[derive(Debug)]
pub(crate) struct Local(pub(crate) *mut core::ffi::c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a call that says to free it with LocalFree, and is freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// A security identifier in its text form, the one form that all our uses share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sid {
    text: String,
    account: Option<String>,
}

impl Sid {
    /// # Safety
    /// `sid` must point to a valid security identifier.
    pub(crate) unsafe fn read(sid: PSID) -> io::Result<Self> {
        let mut text = std::ptr::null_mut();
        // SAFETY: `sid` is valid by the contract; the out parameter lives through the call.
        check(unsafe { ConvertSidToStringSidW(sid, &mut text) })?;
        let text = Local(text.cast());
        // SAFETY: the call allocated a text that ends in NUL, and `Local` keeps it.
        let string = unsafe { from_wide_pointer(text.0.cast()) }
            .to_string_lossy()
            .into_owned();
        // SAFETY: `sid` is valid by the contract.
        let account = unsafe { account_name(sid) };
        Ok(Self {
            text: string,
            account,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// `DOMAIN\name`, or the text form for an account without a name.
    pub(crate) fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(&self.text)
    }
}

/// # Safety
/// `sid` must point to a valid security identifier.
unsafe fn account_name(sid: PSID) -> Option<String> {
    let (mut name, mut domain) = ([0_u16; 257], [0_u16; 257]);
    let (mut name_length, mut domain_length) = (257, 257);
    let mut kind = 0;
    // SAFETY: both buffers have the lengths that are passed; the out parameters live through the call.
    check(unsafe {
        LookupAccountSidW(
            std::ptr::null(),
            sid,
            name.as_mut_ptr(),
            &mut name_length,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    })
    .ok()?;
    let (domain, name) = (from_wide(&domain), from_wide(&name));
    let mut full = OsString::new();
    if !domain.is_empty() {
        full.push(domain);
        full.push("\\");
    }
    full.push(name);
    Some(full.to_string_lossy().into_owned())
}

fn open_token(process: HANDLE) -> io::Result<OwnedHandle> {
    let mut token = std::ptr::null_mut();
    // SAFETY: the caller's handle is open; the out parameter lives through the call.
    check(unsafe { OpenProcessToken(process, TOKEN_QUERY, &mut token) })?;
    // SAFETY: the call succeeded, so the handle is fresh and ours.
    unsafe { own(token) }
}

fn token_user(token: &OwnedHandle) -> io::Result<Sid> {
    // The structure and the longest identifier (68 bytes) after it, aligned as a pointer.
    let mut buffer = [0_usize; 32];
    let mut length = 0;
    // SAFETY: the buffer has the length that is passed; the out parameter lives through the call.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size_of_val(&buffer) as u32,
            &mut length,
        )
    })?;
    // SAFETY: the call filled the buffer with this structure, whose pointer leads into the same buffer.
    unsafe { Sid::read((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// The account this process runs under.
pub(crate) fn current_user() -> io::Result<Sid> {
    // SAFETY: the pseudo handle of the current process is always valid.
    token_user(&open_token(unsafe { GetCurrentProcess() })?)
}

/// The account another process runs under.
pub(crate) fn user_of(process: &OwnedHandle) -> io::Result<Sid> {
    token_user(&open_token(process.as_raw_handle())?)
}

/// Whether this process runs with the full rights of an administrator.
pub(crate) fn is_elevated() -> io::Result<bool> {
    // SAFETY: the pseudo handle of the current process is always valid.
    let token = open_token(unsafe { GetCurrentProcess() })?;
    let mut elevation = TOKEN_ELEVATION::default();
    let mut length = 0;
    // SAFETY: the structure belongs to the class and has the size that is passed.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenElevation,
            std::ptr::from_mut(&mut elevation).cast(),
            size_of_u32::<TOKEN_ELEVATION>(),
            &mut length,
        )
    })?;
    Ok(elevation.TokenIsElevated != 0)
}

/// The owner of what is behind a handle that has the right to read it.
pub(crate) fn owner_of_handle(handle: BorrowedHandle<'_>) -> io::Result<Sid> {
    let (mut owner, mut descriptor) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the handle is open; unwanted parts are null; the out parameters live through the call.
    let result = unsafe {
        GetSecurityInfo(
            handle.as_raw_handle(),
            SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &mut owner,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            &mut descriptor,
        )
    };
    read_owner(result, owner, descriptor)
}

/// The owner of a file or folder.
pub(crate) fn owner_of_path(path: &Path) -> io::Result<Sid> {
    let name = wide(path)?;
    let (mut owner, mut descriptor) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the name ends in NUL; unwanted parts are null; the out parameters live through the call.
    let result = unsafe {
        GetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &mut owner,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            &mut descriptor,
        )
    };
    read_owner(result, owner, descriptor)
}

fn read_owner(result: u32, owner: PSID, descriptor: PSECURITY_DESCRIPTOR) -> io::Result<Sid> {
    if result != ERROR_SUCCESS {
        return Err(os_error(result));
    }
    let _descriptor = Local(descriptor);
    if owner.is_null() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the object has no owner"));
    }
    // SAFETY: the call succeeded, so `owner` leads into the descriptor, which is freed only after this.
    unsafe { Sid::read(owner) }
}

/// An access list, made from its text form (SDDL), for creating things with it.
#[derive(Debug)]
pub(crate) struct Access {
    descriptor: Local,
}

// SAFETY: the descriptor is not changed after it was made.
unsafe impl Send for Access {}
// SAFETY: as above; reading it from several threads is fine.
unsafe impl Sync for Access {}

impl Access {
    pub(crate) fn from_sddl(sddl: &str) -> io::Result<Self> {
        let text = wide(sddl)?;
        let mut descriptor = std::ptr::null_mut();
        // SAFETY: the text ends in NUL; the out parameter lives through the call.
        check(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                std::ptr::null_mut(),
            )
        })?;
        Ok(Self {
            descriptor: Local(descriptor),
        })
    }

    /// Attributes for a creating call, not inheritable. They borrow from `self`.
    pub(crate) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of_u32::<SECURITY_ATTRIBUTES>(),
            lpSecurityDescriptor: self.descriptor.0,
            bInheritHandle: 0,
        }
    }

    /// The descriptor alone.
    #[cfg(test)]
    pub(crate) fn into_descriptor(self) -> Local {
        self.descriptor
    }

    /// Puts this list on a file or folder, in place of what it has or inherits.
    pub(crate) fn put_on(&self, path: &Path) -> io::Result<()> {
        let name = wide(path)?;
        // SAFETY: the name ends in NUL and the descriptor is valid as long as `self`.
        check(unsafe {
            SetFileSecurityW(
                name.as_ptr(),
                DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                self.descriptor.0,
            )
        })
    }
}
