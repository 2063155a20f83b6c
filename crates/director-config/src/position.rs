//! Byte offsets to lines and columns.

/// Where each line of a text begins.
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let mut starts = vec![if text.starts_with(crate::source::BOM) {
            crate::source::BOM.len_utf8()
        } else {
            0
        }];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(index, _)| index + 1),
        );
        Self { starts }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub(crate) fn locate(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = text.get(start..offset.max(start)).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Where the line with this number begins.
    pub(crate) fn start_of(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }
}
