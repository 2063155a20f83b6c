//! Names to addresses, each looked up once at a time.
//!
//! The system's resolver cannot be interrupted: a lookup may hang for half a minute. Whoever asks waits for its own time only, and
//! the lookup goes on behind it. A name that is being looked up is not looked up again, so that a hanging name holds one thread;
//! with one thread for all names it would hold up all others.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::pool::Pool;

/// So many names may hang at once before others have to wait.
const THREADS: usize = 16;
/// No more addresses of a name are tried.
const MOST_ADDRESSES: usize = 16;

type Lookup = fn(&str) -> io::Result<Vec<IpAddr>>;
type Found = Result<Vec<IpAddr>, String>;

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::new(system));

/// The addresses of `host`, at most after `limit`. A literal needs no lookup.
pub(super) fn addresses(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    NAMES.addresses(host, port, limit)
}

fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    let found = (name, 0).to_socket_addrs()?;
    Ok(found.map(|address| address.ip()).collect())
}

/// A lookup under way.
#[derive(Default)]
struct Pending {
    found: Mutex<Option<Found>>,
    done: Condvar,
}

struct Names {
    lookup: Lookup,
    pool: Pool,
    under_way: Arc<Mutex<HashMap<String, Arc<Pending>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Names {
    fn new(lookup: Lookup) -> Self {
        Self {
            lookup,
            pool: Pool::new("resolve", THREADS),
            under_way: Arc::default(),
        }
    }

    fn addresses(&self, host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(host).parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let mut ips = wait(&self.ask(host), host, limit)?;
        ips.truncate(MOST_ADDRESSES);
        if ips.is_empty() {
            return Err(format!("the name {host} has no address"));
        }
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    /// The lookup of this name that is under way, or a new one.
    fn ask(&self, name: &str) -> Arc<Pending> {
        let mut under_way = lock(&self.under_way);
        if let Some(pending) = under_way.get(name) {
            return Arc::clone(pending);
        }
        let pending = Arc::<Pending>::default();
        under_way.insert(name.to_owned(), Arc::clone(&pending));
        drop(under_way);
        let (lookup, all) = (self.lookup, Arc::clone(&self.under_way));
        let (name, mine) = (name.to_owned(), Arc::clone(&pending));
        self.pool.submit(move || {
            let found = lookup(&name).map_err(|error| format!("the name {name} cannot be resolved: {error}"));
            lock(&all).remove(&name);
            *lock(&mine.found) = Some(found);
            mine.done.notify_all();
        });
        pending
    }
}

fn wait(pending: &Pending, name: &str, limit: Duration) -> Found {
    let until = Instant::now() + limit;
    let mut found = lock(&pending.found);
    loop {
        if let Some(found) = found.as_ref() {
            return found.clone();
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let limit = limit.as_millis();
            return Err(format!("the name {name} was not resolved within {limit} ms"));
        }
        let woken = pending.done.wait_timeout(found, left);
        found = woken.unwrap_or_else(PoisonError::into_inner).0;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(20);

    /// How often `hangs` was looked up, and whether it may be found at last.
    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
    static RELEASED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

    fn fake(name: &str) -> io::Result<Vec<IpAddr>> {
        match name {
            "hangs" => {
                LOOKUPS.fetch_add(1, Ordering::SeqCst);
                let mut released = lock(&RELEASED.0);
                while !*released {
                    released = RELEASED.1.wait(released).unwrap();
                }
                Ok(vec![Ipv4Addr::LOCALHOST.into()])
            }
            "empty" => Ok(Vec::new()),
            "many" => Ok(vec![Ipv4Addr::LOCALHOST.into(); 1_000]),
            "absent" => Err(io::Error::other("no such name")),
            _ => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
        }
    }

    #[test]
    fn a_hanging_name_is_looked_up_once_and_holds_up_no_other() {
        let names = Names::new(fake);
        for _ in 0..5 {
            let failed = names.addresses("hangs", 80, SOON).unwrap_err();
            assert_eq!(failed, "the name hangs was not resolved within 50 ms");
        }
        assert_eq!(LOOKUPS.load(Ordering::SeqCst), 1);
        let found = names.addresses("quick", 80, LONG).unwrap();
        assert_eq!(found, [SocketAddr::from((Ipv4Addr::LOCALHOST, 80))]);
        *lock(&RELEASED.0) = true;
        RELEASED.1.notify_all();
        assert!(names.addresses("hangs", 80, LONG).is_ok());
    }

    #[test]
    fn a_literal_needs_no_lookup() {
        let names = Names::new(|name| panic!("{name} was looked up"));
        for (host, shown) in [
            ("127.0.0.1", "127.0.0.1:80"),
            ("[::1]", "[::1]:80"),
            ("::1", "[::1]:80"),
        ] {
            let found = names.addresses(host, 80, LONG).unwrap();
            assert_eq!(found[0].to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_found_says_so_and_is_bounded() {
        let names = Names::new(fake);
        let failed = |name| names.addresses(name, 80, LONG).unwrap_err();
        assert_eq!(failed("empty"), "the name empty has no address");
        assert_eq!(
            failed("absent"),
            "the name absent cannot be resolved: no such name"
        );
        assert_eq!(names.addresses("many", 80, LONG).unwrap().len(), MOST_ADDRESSES);
    }
}
