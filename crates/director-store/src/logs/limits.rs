//! How large files become, and where they are cut.

use director_core::spec::LogSpec;

use super::file::LogFile;

/// At least two files of the size asked for fit into the total, or the total could not be kept.
pub(crate) fn bounded(mut spec: LogSpec) -> LogSpec {
    spec.max_file_bytes = spec.max_file_bytes.min(spec.max_total_bytes / 3).max(1);
    spec
}

/// What log and index may take together: streams that alternate line by line make a large index.
pub(crate) fn pair_limit(max_file_bytes: u64) -> u64 {
    max_file_bytes
        .saturating_add(max_file_bytes / 16)
        .saturating_add(1024)
}

/// How many of `bytes` go into `file`: up to the last line end within the limit. A single line may exceed it up to twice.
pub(crate) fn fitting(file: &LogFile, max: u64, bytes: &[u8]) -> usize {
    let at_line_start = file.open_line.is_none();
    if at_line_start && file.total_len() >= pair_limit(max) && file.len > 0 {
        return 0;
    }
    let room = clamp(max.saturating_sub(file.len), bytes);
    if room == bytes.len() {
        return room;
    }
    if let Some(end) = bytes[..room].iter().rposition(|byte| *byte == b'\n') {
        return end + 1;
    }
    if at_line_start && file.len > 0 {
        return 0;
    }
    let hard = clamp(max.saturating_mul(2).saturating_sub(file.len), bytes);
    bytes[..hard]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(hard, |end| end + 1)
}

fn clamp(room: u64, bytes: &[u8]) -> usize {
    usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len())
}
