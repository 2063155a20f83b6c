//! Everything that is watched for one service, or for the configuration.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant, SystemTime};

use director_core::event::FileChange;
use director_core::spec::{ServiceSpec, WatchSpec};

use super::debounce::Debounce;
use super::filter::{Filter, program_folder};
use super::known::Known;

/// So many paths are remembered as touched; beyond that all files are compared.
const MOST_TOUCHED: usize = 1_024;
/// An editor that saves in several steps has done so by then.
const CONFIG_DEBOUNCE_MS: u64 = 500;

/// Whose files.
#[derive(Clone)]
pub(super) enum Owner {
    Service(Arc<ServiceSpec>),
    /// The director's own configuration.
    Config,
}

/// The files of one owner.
pub(super) struct Area {
    pub(super) owner: Owner,
    pub(super) watch: WatchSpec,
    /// The number of the last change that was handed on.
    pub(super) latest: Arc<AtomicU64>,
    roots: Vec<Filter>,
    begun: SystemTime,
    known: Known,
    touched: BTreeSet<PathBuf>,
    /// What was touched is not known: everything is compared.
    doubtful: bool,
    debounce: Debounce,
    poll: Option<(Duration, Instant)>,
}

impl Area {
    /// None when the service watches nothing.
    pub(super) fn new(service: &ServiceSpec, ours: &[&Path], begun: SystemTime) -> Option<Self> {
        let mut skipped: Vec<PathBuf> = ours.iter().map(|path| path.to_path_buf()).collect();
        skipped.extend(program_folder(service));
        let owner = Owner::Service(Arc::new(service.clone()));
        Self::of(owner, service.watch.clone()?, skipped, begun)
    }

    /// The configuration's file.
    pub(super) fn config(file: &Path, begun: SystemTime) -> Option<Self> {
        let watch = WatchSpec {
            debounce_ms: CONFIG_DEBOUNCE_MS,
            ..WatchSpec::new(vec![file.to_path_buf()])
        };
        Self::of(Owner::Config, watch, Vec::new(), begun)
    }

    fn of(owner: Owner, watch: WatchSpec, skipped: Vec<PathBuf>, begun: SystemTime) -> Option<Self> {
        let filter = |root: &PathBuf| Filter::new(root, &watch, skipped.clone());
        let roots = watch.paths.iter().map(filter).collect::<Option<Vec<_>>>()?;
        let debounce = Debounce::new(
            Duration::from_millis(watch.debounce_ms),
            Duration::from_millis(watch.longest_ms),
        );
        let poll = watch.poll_ms.map(Duration::from_millis);
        Some(Self {
            owner,
            latest: Arc::default(),
            roots,
            begun,
            known: Known::default(),
            touched: BTreeSet::new(),
            doubtful: false,
            debounce,
            poll: poll.map(|every| (every, Instant::now() + every)),
            watch,
        })
    }

    pub(super) fn roots(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(Filter::root)
    }

    pub(super) fn wants(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| root.wants(path))
    }

    pub(super) fn enters(&self, folder: &Path) -> bool {
        self.roots.iter().any(|root| root.enters(folder))
    }

    /// Whether a root is this path or lies below it.
    pub(super) fn is_below(&self, path: &Path) -> bool {
        self.roots().any(|root| root.starts_with(path))
    }

    /// The folders above a root that may well be replaced as a whole: up to the one that holds the service's own folder.
    pub(super) fn above<'r>(&self, root: &'r Path) -> impl Iterator<Item = &'r Path> {
        let top = match &self.owner {
            Owner::Service(service) => service.cwd.parent().filter(|top| root.starts_with(top)),
            Owner::Config => None,
        };
        let top = top.or(root.parent()).map(Path::to_path_buf);
        let is_inside = move |above: &&Path| top.as_ref().is_some_and(|top| above.starts_with(top));
        root.ancestors().skip(1).take_while(is_inside)
    }

    pub(super) fn is_polled(&self) -> bool {
        self.poll.is_some()
    }

    pub(super) fn poll_every(&mut self, every: Duration, now: Instant) {
        self.poll = Some((every, now + every));
    }

    /// Learns what is there. What changed since the director began is a change already.
    pub(super) fn first_look(&mut self, now: Instant) {
        for file in self.files() {
            if !self.known.learn(&file, self.begun) {
                self.touch(&file, now);
            }
        }
    }

    /// Something happened to this file or folder.
    pub(super) fn touch(&mut self, path: &Path, now: Instant) {
        self.debounce.note(now);
        if self.touched.len() < MOST_TOUCHED {
            self.touched.insert(path.to_path_buf());
        } else {
            self.doubtful = true;
        }
    }

    /// Something happened, nobody knows to what.
    pub(super) fn doubt(&mut self, now: Instant) {
        self.doubtful = true;
        self.debounce.note(now);
    }

    /// When [`Area::judge`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let poll = self.poll.map(|(_, at)| at);
        [self.debounce.due(), poll].into_iter().flatten().min()
    }

    /// Looks at what was touched, and says what changed.
    pub(super) fn judge(&mut self, now: Instant) -> Option<FileChange> {
        if let Some((every, at)) = &mut self.poll
            && *at <= now
        {
            *at = now + *every;
            self.doubtful = true;
        }
        self.debounce.clear();
        let touched = std::mem::take(&mut self.touched);
        let mut suspects: BTreeSet<PathBuf> = BTreeSet::new();
        if std::mem::take(&mut self.doubtful) {
            suspects.extend(self.files());
            let roots: Vec<PathBuf> = self.roots().map(Path::to_path_buf).collect();
            suspects.extend(roots.iter().flat_map(|root| self.known.below(root)));
        } else {
            for path in &touched {
                suspects.extend(self.known.below(path));
                suspects.extend(self.files_below(path));
            }
        }
        let mut changed = suspects.into_iter().filter(|path| self.known.compare(path));
        let first = changed.next()?;
        let count = 1 + changed.count() as u64;
        Some(FileChange {
            file: self.shown(&first),
            count,
            refused: None,
        })
    }

    /// Every file that counts.
    fn files(&self) -> Vec<PathBuf> {
        self.roots().flat_map(|root| self.files_below(root)).collect()
    }

    /// The files that count in a folder, or the file itself.
    fn files_below(&self, path: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        if path.is_file() {
            if self.wants(path) {
                found.push(path.to_path_buf());
            }
            return found;
        }
        walk(path, &|folder| self.enters(folder), &mut |entry| {
            if self.wants(entry) {
                found.push(entry.to_path_buf());
            }
        });
        found
    }

    /// The path as a person would name it.
    fn shown(&self, path: &Path) -> String {
        let below = match &self.owner {
            Owner::Service(service) => path.strip_prefix(&service.cwd).ok(),
            Owner::Config => None,
        };
        below.unwrap_or(path).display().to_string()
    }
}

/// Every file below `folder`, through folders that `enters` allows. Links to folders are not followed.
fn walk(folder: &Path, enters: &dyn Fn(&Path) -> bool, file: &mut dyn FnMut(&Path)) {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        if !enters(&folder) {
            continue;
        }
        // A folder that is gone or closed to us has no files for us.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(_) => file(&entry.path()),
                Err(_) => {}
            }
        }
    }
}
