//! The thread: it hears the system, waits until changes settle, and tells the driver.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use director_core::event::FileChange;
use director_core::spec::DirectorSpec;
use director_sys::fs_guard;

use super::area::{Area, Owner};
use super::commands::refusal;
use super::folders::Folders;
use crate::hands::Hands;
use crate::input::Input;

/// Events that may wait; more are lost, and all files are compared instead.
const WAITING: usize = 4_096;
/// Changes that come while the system's word is not available are found this often.
const FALLBACK_POLL_MS: u64 = 2_000;

/// What reaches the thread.
enum Word {
    /// Something happened to these paths.
    Event(notify::Event),
    /// The system reports a fault of its watch.
    Fault(String),
    /// The director ends.
    End,
}

/// The running watch. Dropping it ends the thread.
pub(crate) struct Watcher {
    words: SyncSender<Word>,
    ended: Arc<AtomicBool>,
    replaced: Arc<AtomicBool>,
}

impl Watcher {
    /// Begins to watch for all services that ask for it, and the configuration's `file` where that is wanted; none when nobody
    /// asks. The first look at the files is the thread's.
    pub(crate) fn start(spec: &DirectorSpec, file: &Path, hands: &Hands) -> io::Result<Option<Self>> {
        let begun = SystemTime::now();
        let areas: Vec<Area> = spec
            .services
            .values()
            .filter(|service| service.watch.is_some())
            .filter_map(|service| Area::new(service, &[&spec.log_dir, &spec.data_dir], begun))
            .chain(spec.auto_reload.then(|| Area::config(file, begun)).flatten())
            .collect();
        if areas.is_empty() {
            return Ok(None);
        }
        let (words, inbox) = sync_channel(WAITING);
        let [ended, lost, replaced] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        let folders = Folders::new(listener(words.clone(), Arc::clone(&lost)));
        let work = Work {
            areas,
            folders,
            hands: hands.clone(),
            ended: Arc::clone(&ended),
            replaced: Arc::clone(&replaced),
            lost,
        };
        thread::Builder::new()
            .name("watcher".to_owned())
            .stack_size(512 << 10)
            .spawn(move || work.run(&inbox))?;
        Ok(Some(Self {
            words,
            ended,
            replaced,
        }))
    }

    /// Ends it because another one has begun: changes that have not settled yet are told at once.
    pub(crate) fn hand_over(self) {
        self.replaced.store(true, Ordering::Release);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // A full queue wakes the thread as well.
        let _ = self.words.try_send(Word::End);
    }
}

/// Hands the system's events over, without ever waiting.
fn listener(
    words: SyncSender<Word>,
    lost: Arc<AtomicBool>,
) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        let word = match event {
            Ok(event) if event.kind.is_access() => return,
            Ok(event) => Word::Event(event),
            Err(error) => Word::Fault(error.to_string()),
        };
        if let Err(TrySendError::Full(_)) = words.try_send(word) {
            lost.store(true, Ordering::Release);
        }
    }
}

/// What the thread owns.
struct Work {
    areas: Vec<Area>,
    folders: Folders,
    hands: Hands,
    ended: Arc<AtomicBool>,
    replaced: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
}

impl Work {
    fn run(mut self, inbox: &Receiver<Word>) {
        for index in 0..self.areas.len() {
            self.doubt_shared(index);
            self.arm(index);
            self.areas[index].first_look(Instant::now());
        }
        while !self.ended.load(Ordering::Acquire) {
            match self.wait(inbox) {
                Ok(word) => self.take(word, Instant::now()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.lost.swap(false, Ordering::AcqRel) {
                self.doubt(Instant::now());
            }
            self.judge_due(Instant::now());
        }
        if self.replaced.load(Ordering::Acquire) {
            self.judge_pending();
        }
    }

    /// What has not settled counts as it is.
    fn judge_pending(&mut self) {
        for index in 0..self.areas.len() {
            if self.areas[index].due().is_some()
                && let Some(change) = self.areas[index].judge(Instant::now())
            {
                self.changed(index, change);
            }
        }
    }

    fn wait(&self, inbox: &Receiver<Word>) -> Result<Word, RecvTimeoutError> {
        match self.areas.iter().filter_map(Area::due).min() {
            Some(due) => inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn take(&mut self, word: Word, now: Instant) {
        match word {
            Word::Event(event) if event.need_rescan() => self.doubt(now),
            Word::Event(event) => {
                let moved = event.kind.is_create() || event.kind.is_remove() || is_rename(event.kind);
                for path in &event.paths {
                    self.happened(path, moved, now);
                }
            }
            Word::Fault(error) => {
                self.tell_all(&format!(
                    "the system's watch failed ({error}); all files are compared"
                ));
                self.doubt(now);
            }
            Word::End => {}
        }
    }

    /// Events were lost: what is watched and what changed is found by a look at everything.
    fn doubt(&mut self, now: Instant) {
        for index in 0..self.areas.len() {
            self.arm(index);
            self.areas[index].doubt(now);
        }
    }

    fn happened(&mut self, path: &Path, moved: bool, now: Instant) {
        let was_folder = moved && self.folders.forget(path);
        let folder = moved && path.is_dir();
        for index in 0..self.areas.len() {
            if self.areas[index].is_below(path) && moved {
                // A root or a folder above it came or went.
                self.arm(index);
                self.areas[index].doubt(now);
            } else if folder && self.areas[index].enters(path) {
                // Watched first, looked at later: what comes between is seen twice rather than not at all.
                let armed = self.folders.add_tree(path, &self.areas[index]);
                self.fall_back(index, armed);
                self.areas[index].touch(path, now);
            } else if was_folder || self.areas[index].wants(path) {
                self.areas[index].touch(path, now);
            }
        }
    }

    /// Where others write past this system, its word is not enough.
    fn doubt_shared(&mut self, index: usize) {
        let hidden = self.areas[index]
            .roots()
            .find_map(|root| Some((root.to_path_buf(), fs_guard::hides_changes(root).ok().flatten()?)));
        if let Some((root, what)) = hidden {
            let error = format!(
                "{} is on {what}, whose changes the system does not tell",
                root.display()
            );
            self.fall_back(index, Err(error));
        }
    }

    /// Has the system tell of everything in an area.
    fn arm(&mut self, index: usize) {
        if self.areas[index].is_polled() {
            return;
        }
        let armed = self.folders.add_area(&self.areas[index]);
        self.fall_back(index, armed);
    }

    fn fall_back(&mut self, index: usize, armed: Result<(), String>) {
        if let Err(error) = armed
            && !self.areas[index].is_polled()
        {
            self.areas[index].poll_every(Duration::from_millis(FALLBACK_POLL_MS), Instant::now());
            let error = format!(
                "{error}; files are looked at every {} s instead (watch.poll sets how often)",
                FALLBACK_POLL_MS / 1_000
            );
            self.tell(index, error);
        }
    }

    fn judge_due(&mut self, now: Instant) {
        for index in 0..self.areas.len() {
            if self.areas[index].due().is_some_and(|due| due <= now)
                && let Some(change) = self.areas[index].judge(now)
            {
                self.changed(index, change);
            }
        }
    }

    /// Asks `watch.validate` where there is one, and tells the driver.
    fn changed(&mut self, index: usize, change: FileChange) {
        let area = &mut self.areas[index];
        let Owner::Service(service) = area.owner.clone() else {
            return self.hands.tell(Input::ConfigChanged);
        };
        let latest = Arc::clone(&area.latest);
        let mine = latest.fetch_add(1, Ordering::AcqRel) + 1;
        let hands = self.hands.clone();
        if area.watch.validate.is_none() {
            let service = service.name.clone();
            return hands.tell(Input::FilesChanged { service, change });
        }
        self.hands.pool().submit(move || {
            let change = FileChange {
                refused: refusal(&hands, &service),
                ..change
            };
            // What has changed again since then is judged by the later word.
            if is_latest(&latest, mine) {
                let service = service.name.clone();
                hands.tell(Input::FilesChanged { service, change });
            }
        });
    }

    fn tell(&self, index: usize, error: String) {
        let service = match &self.areas[index].owner {
            Owner::Service(service) => Some(service.name.clone()),
            Owner::Config => None,
        };
        self.hands.tell(Input::WatchTrouble { service, error });
    }

    fn tell_all(&self, error: &str) {
        for index in 0..self.areas.len() {
            self.tell(index, error.to_owned());
        }
    }
}

fn is_latest(latest: &AtomicU64, mine: u64) -> bool {
    latest.load(Ordering::Acquire) == mine
}

fn is_rename(kind: notify::EventKind) -> bool {
    matches!(
        kind,
        notify::EventKind::Modify(notify::event::ModifyKind::Name(_))
    )
}
