//! Threads for what may block: rungs, checks, probes.
//!
//! Threads come on demand, at most `limit`, and go after a few seconds without work, so that an idle director has none of
//! them and wakes for none of them. Work beyond the limit queues; each piece is bounded in time by whoever submits it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// How long a thread waits for more work before it goes.
const LINGER: Duration = Duration::from_secs(3);
/// Enough for an HTTP client; only touched pages cost memory.
const STACK_BYTES: usize = 512 * 1024;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

/// A bounded set of threads.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
    name: &'static str,
    limit: usize,
}

impl Pool {
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        Self {
            shared: Arc::default(),
            name,
            limit,
        }
    }

    /// Has `job` done by one of the threads. When not even one can be started, the caller does it itself.
    pub(crate) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = lock(&self.shared);
        state.jobs.push_back(Box::new(job));
        if state.idle >= state.jobs.len() || state.threads >= self.limit {
            drop(state);
            self.shared.wake.notify_one();
            return;
        }
        state.threads += 1;
        drop(state);
        let shared = Arc::clone(&self.shared);
        let builder = thread::Builder::new()
            .name(self.name.to_owned())
            .stack_size(STACK_BYTES);
        if builder.spawn(move || work(&shared)).is_err() {
            let mut state = lock(&self.shared);
            state.threads -= 1;
            let alone = state.threads == 0;
            let job = if alone { state.jobs.pop_back() } else { None };
            drop(state);
            if let Some(job) = job {
                job();
            }
        }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    // A panic inside a job never happens under the lock, so a poisoned state is still consistent.
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(shared: &Shared) {
    let mut state = lock(shared);
    loop {
        if let Some(job) = state.jobs.pop_front() {
            drop(state);
            // The job's owner notices the missing answer; the thread lives on for others.
            let _ = catch_unwind(AssertUnwindSafe(job));
            state = lock(shared);
            continue;
        }
        state.idle += 1;
        let (guard, wait) = shared
            .wake
            .wait_timeout(state, LINGER)
            .unwrap_or_else(PoisonError::into_inner);
        state = guard;
        state.idle -= 1;
        if wait.timed_out() && state.jobs.is_empty() {
            state.threads -= 1;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn all_jobs_are_done_and_a_panic_harms_no_other() {
        let pool = Pool::new("test", 2);
        let (done, all) = mpsc::channel();
        for number in 0..50 {
            let done = done.clone();
            pool.submit(move || {
                assert!(number != 7, "a job that fails");
                done.send(number).unwrap();
            });
        }
        let mut seen: Vec<i32> = (0..49)
            .map(|_| all.recv_timeout(Duration::from_secs(20)).unwrap())
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..50).filter(|n| *n != 7).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_threads_than_the_limit_and_none_when_idle() {
        let pool = Pool::new("test", 3);
        let (started, count) = mpsc::channel();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        for _ in 0..10 {
            let (started, gate) = (started.clone(), Arc::clone(&gate));
            pool.submit(move || {
                started.send(()).unwrap();
                let mut open = gate.0.lock().unwrap();
                while !*open {
                    open = gate.1.wait(open).unwrap();
                }
            });
        }
        for _ in 0..3 {
            count.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        assert!(count.try_recv().is_err(), "a fourth job began beside three");
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        for _ in 0..7 {
            count.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        director_testkit::eventually(Duration::from_secs(20), "the threads go", || {
            (lock(&pool.shared).threads == 0).then_some(())
        });
    }
}
