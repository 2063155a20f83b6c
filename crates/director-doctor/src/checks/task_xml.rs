//! A task of the Task Scheduler, as `schtasks /query /xml` prints it.

/// What matters of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Task {
    /// `LogonType` of its principal; none is written for a service account.
    pub(super) logon: Option<String>,
    /// `UserId` of its principal: a name or a SID.
    pub(super) user: Option<String>,
    /// Whether it begins at boot.
    pub(super) at_boot: bool,
    /// Whether it is switched on.
    pub(super) enabled: bool,
    /// The program.
    pub(super) command: String,
    /// Its arguments.
    pub(super) arguments: String,
}

impl Task {
    /// Reads it; none when this is no task.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let text = without_comments(&decode(bytes));
        let task = element(&text, "Task")?;
        let principals = element(task, "Principals").unwrap_or_default();
        let exec = element(task, "Exec")?;
        let is_off = |part: &str| element(part, "Enabled").is_some_and(|said| said.trim() == "false");
        let trigger = element(task, "BootTrigger");
        Some(Self {
            logon: element(principals, "LogonType").map(plain),
            user: element(principals, "UserId").map(plain),
            at_boot: trigger.is_some_and(|trigger| !is_off(trigger))
                || task.contains("<BootTrigger/>")
                || task.contains("<BootTrigger />"),
            enabled: !element(task, "Settings").is_some_and(is_off),
            command: element(exec, "Command").map(plain).unwrap_or_default(),
            arguments: element(exec, "Arguments").map(plain).unwrap_or_default(),
        })
    }

    /// Whether it needs somebody to be logged on.
    pub(super) fn needs_logon(&self) -> bool {
        matches!(
            self.logon.as_deref(),
            Some("InteractiveToken" | "InteractiveTokenOrPassword")
        )
    }
}

/// The program writes UTF-16 into files and the console's code page into pipes, and says UTF-16 in both.
fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// The inside of the first element of that name. Tasks do not nest one name in itself.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let open = format!("<{name}");
    let mut from = 0;
    loop {
        let start = from + text[from..].find(&open)? + open.len();
        let rest = &text[start..];
        if !rest.starts_with(['>', ' ', '\r', '\n', '\t']) {
            from = start;
            continue;
        }
        let (head, body) = rest.split_once('>')?;
        if head.ends_with('/') {
            return Some("");
        }
        return body.split_once(&format!("</{name}>")).map(|(inside, _)| inside);
    }
}

fn plain(text: &str) -> String {
    let mut text = text.trim().to_owned();
    for (entity, meant) in [
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, meant);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <!-- <LogonType>Password</LogonType> -->
  <Triggers><BootTrigger><Enabled>true</Enabled><Delay>PT1M</Delay></BootTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-21-1-2-3-1001</UserId><LogonType>InteractiveToken</LogonType></Principal></Principals>
  <Settings><Enabled>false</Enabled></Settings>
  <Actions Context="Author"><Exec><Command>"C:\Hub\director.exe"</Command><Arguments>run -c &quot;C:\R&amp;D\director.toml&quot;</Arguments></Exec></Actions>
</Task>"#;

    #[test]
    fn a_task_is_read_in_both_encodings() {
        let wanted = Task {
            logon: Some("InteractiveToken".to_owned()),
            user: Some("S-1-5-21-1-2-3-1001".to_owned()),
            at_boot: true,
            enabled: false,
            command: r#""C:\Hub\director.exe""#.to_owned(),
            arguments: r#"run -c "C:\R&D\director.toml""#.to_owned(),
        };
        assert_eq!(Task::read(TASK.as_bytes()), Some(wanted.clone()));
        let mut wide = vec![0xff, 0xfe];
        wide.extend(TASK.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(Task::read(&wide), Some(wanted.clone()));
        assert!(wanted.needs_logon());
    }

    #[test]
    fn what_is_no_task_is_none() {
        for text in [
            "",
            "ERROR: The system cannot find the file specified.",
            "<Task>",
            "<Task></Task>",
            "<Tasks/>",
        ] {
            assert_eq!(Task::read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_boot_trigger_that_is_off_is_none() {
        let off = TASK.replace("<BootTrigger><Enabled>true", "<BootTrigger><Enabled>false");
        assert!(!Task::read(off.as_bytes()).unwrap().at_boot);
        let empty = TASK.replace(
            "<BootTrigger><Enabled>true</Enabled><Delay>PT1M</Delay></BootTrigger>",
            "<BootTrigger/>",
        );
        assert!(Task::read(empty.as_bytes()).unwrap().at_boot);
    }
}
