//! The `tcp` probe: a connection can be made.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use director_core::event::ProbeOutcome;
use director_core::report::HealthAnswer;

use super::Asked;

/// Connects to `host:port`, trying each of its addresses within `limit` in all.
pub(crate) fn connect(address: &str, limit: Duration) -> Asked {
    let until = Instant::now() + limit;
    let Some((host, port)) = split(address) else {
        return Asked::failed(format!("{address} is no address"));
    };
    let addresses = match super::resolve::addresses(host, port, limit) {
        Ok(addresses) => addresses,
        Err(error) => return Asked::failed(error),
    };
    let mut last = format!("{address} has no address");
    for one in &addresses {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let limit = limit.as_millis();
            return Asked::failed(format!("no connection to {address} within {limit} ms"));
        }
        match TcpStream::connect_timeout(one, left) {
            Ok(_) => return answered(*one),
            Err(error) => last = format!("cannot connect to {one}: {error}"),
        }
    }
    Asked::failed(last)
}

fn answered(address: SocketAddr) -> Asked {
    Asked {
        outcome: ProbeOutcome::Healthy(HealthAnswer::default()),
        answered_at: vec![address],
    }
}

/// The config crate has checked it.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}
