//! What dependencies mean, once all services are known.

use std::collections::{BTreeMap, BTreeSet};

use director_core::spec::{Condition, Dependency, DirectorSpec, Kind, RestartWhen, ServiceName, ServiceSpec};
use toml::de::DeTable;

use crate::codes::Code;
use crate::keys::suggest;
use crate::read::{Ctx, Fault, Wish, shown};

/// Fills in `requires` and `after`, and records what cannot be.
pub(crate) fn resolve(ctx: &Ctx<'_>, spec: &mut DirectorSpec, table: &DeTable<'_>) {
    // A service with faults of its own is missing from the specification, but declared all the same.
    let mut declared: BTreeSet<String> = table
        .get("service")
        .and_then(|services| services.get_ref().as_table())
        .map(|services| services.keys().map(|name| name.get_ref().to_string()).collect())
        .unwrap_or_default();
    declared.extend(spec.services.keys().map(ToString::to_string));
    let wishes = ctx.wishes.take();
    for wish in &wishes {
        if !declared.contains(&wish.service) {
            unknown(ctx, wish, &declared);
            continue;
        }
        if is_own_table(spec, wish) {
            waits_for_itself(ctx, wish);
            continue;
        }
        let meant = spec
            .services
            .values()
            .filter(|other| other.is_meant_by(&wish.service));
        let dependencies: Vec<Dependency> = meant.map(|other| understood(ctx, wish, other)).collect();
        let Some(own) = spec.services.get_mut(&wish.of) else {
            continue;
        };
        let list = if wish.required {
            &mut own.requires
        } else {
            &mut own.after
        };
        for dependency in dependencies {
            if list.iter().any(|known| known.service == dependency.service) {
                twice(ctx, wish);
            } else {
                list.push(dependency);
            }
        }
    }
    cycles(ctx, spec, &wishes);
}

/// Whether an instance wishes for all instances of its own table.
fn is_own_table(spec: &DirectorSpec, wish: &Wish) -> bool {
    let own = spec.services.get(&wish.of).and_then(|own| own.instance.as_ref());
    own.is_some_and(|instance| instance.of.as_str() == wish.service)
}

fn waits_for_itself(ctx: &Ctx<'_>, wish: &Wish) {
    let message = format!("the instances of `{}` wait for each other", wish.service);
    ctx.error(
        Fault::new(Code::DependencyCycle, &wish.key, wish.span.clone(), message)
            .found(format!("`{}` in its own table", wish.service))
            .allowed("other services"),
    );
}

/// What a wish comes to with this service.
fn understood(ctx: &Ctx<'_>, wish: &Wish, other: &ServiceSpec) -> Dependency {
    let condition = wish.condition.unwrap_or_else(|| usual(other));
    if let Some((why, help)) = impossible(other, condition) {
        never_met(ctx, wish, condition, why, &help);
    }
    Dependency {
        service: other.name.clone(),
        condition,
    }
}

/// What is meant when no condition is written.
fn usual(other: &ServiceSpec) -> Condition {
    match (other.kind, other.is_probed()) {
        (Kind::Oneshot, _) => Condition::Completed,
        (Kind::Daemon, true) => Condition::Healthy,
        (Kind::Daemon, false) => Condition::Started,
    }
}

/// Why a service never meets a condition, and what to write instead.
fn impossible(other: &ServiceSpec, condition: Condition) -> Option<(&'static str, String)> {
    let name = other.declared_name();
    match (condition, other.kind) {
        (Condition::Healthy, Kind::Oneshot) => Some((
            "it is a oneshot, which has no health",
            format!("write \"{name}:completed\""),
        )),
        (Condition::Healthy, Kind::Daemon) if !other.is_probed() => Some((
            "it has no health probe",
            format!("write \"{name}:started\", or give it a probe in [service.{name}.health]"),
        )),
        (Condition::Completed, Kind::Daemon) if other.restart.when != RestartWhen::OnFailure => Some((
            "it is a daemon, which is restarted or has failed when it ends",
            format!("write kind = \"oneshot\" in [service.{name}], or \"{name}:started\" here"),
        )),
        _ => None,
    }
}

fn never_met(ctx: &Ctx<'_>, wish: &Wish, condition: Condition, why: &str, help: &str) {
    let message = format!("`{}` is never {condition}: {why}", wish.service);
    ctx.error(
        Fault::new(Code::BadDependency, &wish.key, wish.span.clone(), message)
            .found(format!("the condition {condition}"))
            .allowed("a condition that the service can meet")
            .help(help),
    );
}

fn twice(ctx: &Ctx<'_>, wish: &Wish) {
    let message = format!("`{}` is named twice", wish.service);
    ctx.error(
        Fault::new(Code::BadDependency, &wish.key, wish.span.clone(), message)
            .found(format!("`{}` again", wish.service))
            .allowed("each service once"),
    );
}

fn unknown(ctx: &Ctx<'_>, wish: &Wish, declared: &BTreeSet<String>) {
    let name = shown(&wish.service);
    let known: Vec<&str> = declared.iter().map(String::as_str).collect();
    let fault = Fault::new(
        Code::UnknownService,
        &wish.key,
        wish.span.clone(),
        format!("there is no service `{name}`"),
    )
    .found(format!("`{name}`"))
    .allowed(first_few(&known));
    ctx.error(match suggest::closest(&wish.service, known.iter().copied()) {
        Some((meant, _)) => fault.help(format!("did you mean `{meant}`?")),
        None => fault,
    });
}

/// Names for a diagnostic, the first ten of them.
fn first_few(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|name| shown(name)).collect();
    let rest = names.len().saturating_sub(shown.len());
    if rest == 0 {
        shown.join(", ")
    } else {
        format!("{} and {rest} more", shown.join(", "))
    }
}

/// Records each cycle once, at the entry that closes it.
fn cycles(ctx: &Ctx<'_>, spec: &DirectorSpec, wishes: &[Wish]) {
    let mut search = Search {
        spec,
        done: BTreeMap::new(),
        found: Vec::new(),
    };
    for name in spec.services.keys() {
        search.visit(name);
    }
    for cycle in search.found {
        let [.., last, first] = cycle.as_slice() else {
            continue;
        };
        let first_spec = spec.services.get(first);
        let closing = |wish: &&Wish| {
            wish.of == **last && first_spec.is_some_and(|first| first.is_meant_by(&wish.service))
        };
        let Some(wish) = wishes.iter().find(closing) else {
            continue;
        };
        let names: Vec<&str> = cycle.iter().map(|name| name.as_str()).collect();
        let message = if *last == *first {
            format!("`{first}` waits for itself")
        } else {
            "these services wait for each other, so that none could ever start".to_owned()
        };
        ctx.error(
            Fault::new(Code::DependencyCycle, &wish.key, wish.span.clone(), message)
                .found(names.join(" → "))
                .allowed("dependencies without a cycle, those of `requires` and `after` together")
                .help("remove one of them; `after` is for order alone, and part of the cycle too"),
        );
    }
}

/// A search for cycles, without recursion: a chain may be as long as there are services.
struct Search<'a> {
    spec: &'a DirectorSpec,
    /// False while it is on the path.
    done: BTreeMap<&'a ServiceName, bool>,
    found: Vec<Vec<&'a ServiceName>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, start: &'a ServiceName) {
        if self.done.contains_key(start) {
            return;
        }
        self.done.insert(start, false);
        let mut path = vec![(start, self.others(start))];
        while let Some((name, others)) = path.last_mut() {
            let name = *name;
            let Some(other) = others.pop() else {
                self.done.insert(name, true);
                path.pop();
                continue;
            };
            match self.done.get(other) {
                Some(true) => {}
                Some(false) => {
                    let from = path.iter().position(|(on, _)| *on == other).unwrap_or(0);
                    let mut cycle: Vec<&ServiceName> = path[from..].iter().map(|(on, _)| *on).collect();
                    cycle.push(other);
                    self.found.push(cycle);
                }
                None => {
                    self.done.insert(other, false);
                    path.push((other, self.others(other)));
                }
            }
        }
    }

    fn others(&self, name: &ServiceName) -> Vec<&'a ServiceName> {
        let service = self.spec.services.get(name);
        let edges = service
            .into_iter()
            .flat_map(|s| s.requires.iter().chain(&s.after));
        edges.map(|dependency| &dependency.service).collect()
    }
}
