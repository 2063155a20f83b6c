//! Who has which rights to a file, by its owner and its access list.

use std::io;
use std::path::Path;

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::Security::Authorization::{GetNamedSecurityInfoW, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetSecurityDescriptorDacl,
    GetSecurityDescriptorOwner, INHERIT_ONLY_ACE, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
};
use windows_sys::Win32::System::SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE};

use super::security::{ADMINISTRATORS, Local, SYSTEM, Sid, current_user};
use super::text::wide;
use super::{check, os_error};

/// The account that owns what Windows itself installs.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/// Stand for whoever creates, or owns, the object; the owner is looked at by itself.
const STAND_INS: [&str; 2] = ["S-1-3-0", "S-1-3-4"];

/// The owner and the access list of something.
#[derive(Debug)]
pub(crate) struct Guard {
    descriptor: Local,
}

struct Entry {
    allows: bool,
    rights: u32,
    who: Sid,
}

impl Guard {
    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        let name = wide(path)?;
        let mut descriptor = std::ptr::null_mut();
        // SAFETY: the name ends in NUL; unwanted parts are null; the out parameter lives through the call.
        let result = unsafe {
            GetNamedSecurityInfoW(
                name.as_ptr(),
                SE_FILE_OBJECT,
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                &mut descriptor,
            )
        };
        if result != ERROR_SUCCESS {
            return Err(os_error(result));
        }
        Ok(Self {
            descriptor: Local(descriptor),
        })
    }

    /// Somebody other than this account and the system's own who owns it or has one of these rights.
    pub(crate) fn other_with(&self, rights: u32) -> io::Result<Option<String>> {
        let me = current_user()?;
        let is_other = |who: &Sid| {
            who.text() != me.text()
                && ![SYSTEM, ADMINISTRATORS, INSTALLER].contains(&who.text())
                && !STAND_INS.contains(&who.text())
        };
        if let Some(owner) = self.owner()?.filter(is_other) {
            return Ok(Some(owner.account().to_owned()));
        }
        let Some(entries) = self.entries()? else {
            return Ok(Some("everybody (it has no access list)".to_owned()));
        };
        let mut denied: Vec<(&Sid, u32)> = Vec::new();
        for entry in &entries {
            if !entry.allows {
                denied.push((&entry.who, entry.rights));
                continue;
            }
            // An earlier denial of the same account wins. Memberships are not followed: that could only find fewer.
            let lost = denied.iter().filter(|(who, _)| **who == entry.who);
            let left = lost.fold(entry.rights & rights, |left, (_, lost)| left & !lost);
            if left != 0 && is_other(&entry.who) {
                return Ok(Some(entry.who.account().to_owned()));
            }
        }
        Ok(None)
    }

    fn raw(&self) -> PSECURITY_DESCRIPTOR {
        self.descriptor.0
    }

    fn owner(&self) -> io::Result<Option<Sid>> {
        let (mut owner, mut is_default) = (std::ptr::null_mut(), 0);
        // SAFETY: the descriptor is valid as long as `self`; the out parameters live through the call.
        check(unsafe { GetSecurityDescriptorOwner(self.raw(), &mut owner, &mut is_default) })?;
        if owner.is_null() {
            return Ok(None);
        }
        // SAFETY: the call succeeded, so `owner` leads into the descriptor.
        unsafe { Sid::read(owner) }.map(Some)
    }

    /// The plain entries that count for the object itself; none when there is no list, which lets everybody do everything.
    /// Entries with conditions or for parts of an object have another form and do not belong to files.
    fn entries(&self) -> io::Result<Option<Vec<Entry>>> {
        let (mut present, mut list, mut is_default) = (0, std::ptr::null_mut::<ACL>(), 0);
        // SAFETY: the descriptor is valid as long as `self`; the out parameters live through the call.
        check(unsafe { GetSecurityDescriptorDacl(self.raw(), &mut present, &mut list, &mut is_default) })?;
        if present == 0 || list.is_null() {
            return Ok(None);
        }
        // SAFETY: the list is one of the descriptor.
        let count = unsafe { (*list).AceCount };
        let mut entries = Vec::new();
        for index in 0..count {
            let mut entry = std::ptr::null_mut();
            // SAFETY: the list is valid, and the index is below its count.
            check(unsafe { GetAce(list, index.into(), &mut entry) })?;
            // SAFETY: every entry begins with its header.
            let header = unsafe { entry.cast::<ACE_HEADER>().read_unaligned() };
            let kind = u32::from(header.AceType);
            let is_plain = matches!(kind, ACCESS_ALLOWED_ACE_TYPE | ACCESS_DENIED_ACE_TYPE);
            if !is_plain || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
                continue;
            }
            let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
            // SAFETY: both kinds have this form: the rights, then the account in place.
            let (rights, who) = unsafe {
                let who: PSID = std::ptr::addr_of_mut!((*entry).SidStart).cast();
                (
                    std::ptr::addr_of!((*entry).Mask).read_unaligned(),
                    Sid::read(who)?,
                )
            };
            entries.push(Entry {
                allows: kind == ACCESS_ALLOWED_ACE_TYPE,
                rights,
                who,
            });
        }
        Ok(Some(entries))
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Storage::FileSystem::{DELETE, FILE_READ_DATA, FILE_WRITE_DATA};

    use super::super::security::Access;
    use super::*;

    const CHANGES: u32 = FILE_WRITE_DATA | DELETE;

    fn is_found(list: &str) -> bool {
        let text = format!("O:SY{list}");
        let guard = Guard {
            descriptor: Access::from_sddl(&text).expect(list).into_descriptor(),
        };
        guard.other_with(CHANGES).expect(list).is_some()
    }

    #[test]
    fn only_others_with_the_right_are_named() {
        assert!(!is_found("D:P(A;;FA;;;SY)(A;;FA;;;BA)"));
        assert!(!is_found("D:P(A;;FR;;;WD)(A;;FA;;;CO)"), "reading");
        assert!(is_found("D:P(A;;FA;;;WD)"), "everybody");
        assert!(is_found("D:P(A;;FA;;;SY)(A;;0x1301bf;;;AU)"), "modify");
        assert!(is_found("D:P(A;;FA;;;BU)"), "users");
        assert!(!is_found("D:P(A;OICIIO;FA;;;BU)"), "only for what is made inside");
        assert!(!is_found("D:P(D;;FA;;;BU)(A;;FA;;;BU)"), "denied before");
        assert!(is_found("D:P(A;;FA;;;BU)(D;;FA;;;BU)"), "denied after");
        assert!(!is_found("D:P"), "nobody has a right");
    }

    #[test]
    fn another_owner_is_named_and_so_is_a_missing_list() {
        let guard = |text: &str| Guard {
            descriptor: Access::from_sddl(text).expect(text).into_descriptor(),
        };
        let other = guard("O:BUD:P(A;;FA;;;SY)");
        assert!(other.other_with(FILE_READ_DATA).expect("an answer").is_some());
        let without = guard("O:SY");
        let who = without.other_with(CHANGES).expect("an answer").expect("somebody");
        assert!(who.contains("no access list"), "{who}");
    }
}
