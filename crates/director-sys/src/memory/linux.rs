//! `madvise(2)` on clean file mappings, found in `/proc/self/smaps`.

use std::io;

/// A mapping of a file that this process has not written to.
struct CleanMapping {
    start: usize,
    bytes: usize,
}

pub(super) fn release_start_pages() -> io::Result<usize> {
    let mut treated = 0;
    for mapping in clean_mappings(&std::fs::read_to_string("/proc/self/smaps")?) {
        let address = mapping.start as *mut libc::c_void;
        // SAFETY: madvise(2): MADV_DONTNEED on a private file mapping drops the pages; the next access reads them from the
        // file again. That loses only private copies, and this mapping is not writable and has none (`Anonymous: 0 kB`), so
        // no value that any thread can see changes. MADV_RANDOM only affects how much is read ahead of a fault.
        let failed = unsafe {
            libc::madvise(address, mapping.bytes, libc::MADV_DONTNEED) != 0
                || libc::madvise(address, mapping.bytes, libc::MADV_RANDOM) != 0
        };
        if failed {
            return Err(io::Error::last_os_error());
        }
        treated += mapping.bytes;
    }
    Ok(treated)
}

/// The private, unwritable, unmodified file mappings in the text of `smaps`.
fn clean_mappings(smaps: &str) -> Vec<CleanMapping> {
    let mut found = Vec::new();
    let mut candidate: Option<CleanMapping> = None;
    for line in smaps.lines() {
        if let Some(mapping) = header(line) {
            candidate = mapping;
        } else if let Some(amount) = line.strip_prefix("Anonymous:")
            && amount.trim() == "0 kB"
        {
            found.extend(candidate.take());
        }
    }
    found
}

/// Whether `line` begins a mapping, and if so the mapping when it is one that may be treated.
fn header(line: &str) -> Option<Option<CleanMapping>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (
        usize::from_str_radix(start, 16).ok()?,
        usize::from_str_radix(end, 16).ok()?,
    );
    let rights = fields.next()?;
    let path = fields.nth(3).unwrap_or_default();
    let treatable = matches!(rights, "r-xp" | "r--p") && path.starts_with('/');
    Some(treatable.then_some(CleanMapping {
        start,
        bytes: end.checked_sub(start)?,
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_clean_private_files_are_taken() {
        let smaps = "\
1000-3000 r-xp 00000000 08:01 1 /bin/director\nAnonymous:             0 kB\n\
3000-4000 r--p 00002000 08:01 1 /bin/director\nAnonymous:             4 kB\n\
4000-5000 rw-p 00003000 08:01 1 /bin/director\nAnonymous:             0 kB\n\
5000-6000 r--s 00000000 08:01 2 /data/shm\nAnonymous:             0 kB\n\
6000-7000 r-xp 00000000 00:00 0 [vdso]\nAnonymous:             0 kB\n";
        let found: Vec<(usize, usize)> = super::clean_mappings(smaps)
            .iter()
            .map(|mapping| (mapping.start, mapping.bytes))
            .collect();
        assert_eq!(found, [(0x1000, 0x2000)]);
    }
}
