//! The port of a service: fixed, its own, and the same everywhere.

use director_core::spec::ServiceSpec;

use super::ground::Ground;
use super::verdict::{Problem, Severity, Verdict};
use super::words;

/// The port of the command, or of `port`.
fn known(service: &ServiceSpec) -> Option<u16> {
    service
        .port
        .or_else(|| words::port(&service.command).map(|found| found.port))
}

/// The command binds one port, and the director knows which.
pub(super) fn is_static(_: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let word = words::port(&service.command);
    if let Some(word) = word.as_ref().filter(|word| word.port == 0) {
        return Problem::new(
            "the port is another one at each start",
            format!("`{}` asks the system for any free port", word.word),
            "give the command a fixed port and write the same as `port`",
        )
        .severity(Severity::Error)
        .into();
    }
    match (service.port, word) {
        (Some(port), _) => Verdict::Pass(format!("the port is {port}")),
        (None, Some(word)) => Problem::new(
            "the director does not know the port",
            format!("the command says `{}`, and there is no `port`", word.word),
            format!(
                "write `port = {}`, so that it is checked before each start",
                word.port
            ),
        )
        .into(),
        (None, None) if probed_port(service).is_some() => Problem::new(
            "the director does not know the port",
            "a port is probed, and there is no `port`",
            "write `port`, so that it is checked before each start",
        )
        .into(),
        // A worker need not listen at all.
        (None, None) => Verdict::Irrelevant,
    }
}

/// The port is not one that the system gives away or keeps.
pub(super) fn is_left_alone(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(port) = known(service).filter(|port| *port != 0) else {
        return Verdict::Irrelevant;
    };
    let excluded = ground.machine.excluded_ports();
    if let Some(range) = excluded.iter().find(|range| range.contains(&port)) {
        return Problem::new(
            format!("port {port} is kept by the system"),
            format!("the range {} to {} is excluded", range.start(), range.end()),
            "take a port outside of it: `netsh interface ipv4 show excludedportrange protocol=tcp` shows all of them",
        )
        .remedy("ranges of Hyper-V, WSL and Docker change with each boot: `netsh interface ipv4 add excludedportrange protocol=tcp startport=PORT numberofports=1` keeps one for you")
        .severity(Severity::Error)
        .into();
    }
    let ephemeral = ground.machine.ephemeral_ports();
    let Some(range) = ephemeral.filter(|range| range.contains(&port)) else {
        return Verdict::Pass(format!(
            "port {port} is outside of the ranges that the system uses"
        ));
    };
    Problem::new(
        format!("port {port} may be taken by any program"),
        format!(
            "the system gives the ports {} to {} to programs that ask for any",
            range.start(),
            range.end()
        ),
        "take a port below that range, such as one from 8000 to 9999",
    )
    .into()
}

/// The command, `port` and the health URL name the same one.
pub(super) fn agree(_: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let word = words::port(&service.command).filter(|word| word.port != 0);
    let probed = probed_port(service);
    let mut named: Vec<(u16, String)> = Vec::new();
    named.extend(word.map(|word| (word.port, format!("the command says `{}`", word.word))));
    named.extend(service.port.map(|port| (port, format!("`port` is {port}"))));
    named.extend(probed.map(|port| (port, format!("the health check asks port {port}"))));
    let Some((first, _)) = named.first() else {
        return Verdict::Irrelevant;
    };
    if named.iter().all(|(port, _)| port == first) {
        return Verdict::Pass(format!("the port is {first} wherever one is named"));
    }
    let mut problem = Problem::new(
        "different ports are named",
        String::new(),
        "write one port everywhere; an application behind another one is probed at its own",
    );
    problem.evidence = named.into_iter().map(|(_, text)| text).collect();
    problem.into()
}

/// Nobody else listens there.
pub(super) fn is_free(ground: &Ground<'_>, service: &ServiceSpec) -> Verdict {
    let Some(port) = service.port else {
        return Verdict::Irrelevant;
    };
    if ground.is_up(service) {
        return Verdict::Pass(format!("the service runs, and port {port} is its own business"));
    }
    let host = crate::port::host(&service.host);
    match crate::port::check(host, port) {
        None => Verdict::Pass(format!("port {port} is free")),
        Some(finding) => Problem::of_start(finding).into(),
    }
}

/// The port that the health check asks, when it asks this machine.
fn probed_port(service: &ServiceSpec) -> Option<u16> {
    let target = super::health::target(service)?;
    super::health::is_this_machine(target.host).then_some(target.port)
}
