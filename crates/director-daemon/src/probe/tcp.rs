//! The `tcp` probe: a connection can be made.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;

/// Connects to `address` (`host:port`), trying each of its addresses within `limit` in all.
pub(crate) fn connect(address: &str, limit: Duration) -> ProbeOutcome {
    let until = Instant::now() + limit;
    let addresses = match address.to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => return super::failed(format!("cannot resolve {address}: {error}")),
    };
    let mut last = format!("{address} has no address");
    for one in addresses {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return super::failed(format!(
                "no connection to {address} within {} ms",
                limit.as_millis()
            ));
        }
        match TcpStream::connect_timeout(&one, left) {
            Ok(_) => return ProbeOutcome::Healthy(HealthAnswer::default()),
            Err(error) => last = format!("cannot connect to {one}: {error}"),
        }
    }
    super::failed(last)
}
