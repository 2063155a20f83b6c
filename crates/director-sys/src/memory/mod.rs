//! Giving back what only the start needed.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as imp;
#[cfg(windows)]
use windows as imp;

use std::io;

/// Lets go of the pages that hold code and constants of the start (the config reader, the command line). What is needed
/// again comes back from the file, a page at a time. Returns how many bytes of address space were treated.
///
/// Linux: `madvise(2)` on the mappings of files that hold no private copy. Windows: the working set is emptied
/// (`EmptyWorkingSet`), which is the documented way.
///
/// # Errors
/// When the system refuses; nothing is lost then.
pub fn release_start_pages() -> io::Result<usize> {
    imp::release_start_pages()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_process_goes_on_after_the_release() {
        let text = String::from("kept");
        let treated = super::release_start_pages().unwrap();
        assert!(treated > 0, "nothing was treated");
        assert_eq!(text, "kept");
        assert_eq!(std::thread::spawn(|| 6 * 7).join().unwrap(), 42);
    }
}
