//! Guarantee 4: so many failures, then the ladder; not one more, not one less. And each probe keeps to its role.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use director_core::event::{AnswerOwner, ProbeCall, ProbeOutcome};
use director_core::spec::{AnyProbe, ProbeRole, ServiceSpec};
use director_core::time::Millis;

use super::Checker;
use super::book::Book;

/// A prober that says nothing for this long after its own time limit has lost the probe.
const LOST_AFTER_MS: Millis = 5_000;
/// A stranger who answers is a blocker when seen so often.
const LOOKS: u32 = 3;

/// What is known of one probe in the present attempt.
#[derive(Clone, Default)]
pub(super) struct ProbeBook {
    out: Option<(u64, Millis)>,
    /// Since when its grace runs.
    begun: Option<Millis>,
    /// Whether each of the last that counted failed.
    failed: VecDeque<bool>,
    passed: bool,
    /// What it said last, when that counts, was bad.
    bad: bool,
    /// Enough probes failed while a restart had to wait: the next one decides.
    excused: bool,
    /// How often in a row a stranger was seen to answer.
    strangers: u32,
    /// That was so within a maintenance window: the next look decides.
    window_excuses: bool,
    /// The answer that is on its way comes from a stranger, in truth.
    truly_foreign: bool,
    /// It was last passed by the run itself.
    passed_by_itself: bool,
}

impl ProbeBook {
    fn failures(&self) -> u32 {
        self.failed.iter().filter(|failed| **failed).count() as u32
    }
}

/// The probes of one attempt.
#[derive(Default)]
pub(super) struct Probing {
    by_name: BTreeMap<String, ProbeBook>,
    /// Those whose failure the core has to count now.
    evidence: BTreeSet<String>,
}

impl Probing {
    /// The run cannot be asked any more.
    pub(super) fn suspend(&mut self) {
        self.evidence.clear();
        self.by_name.values_mut().for_each(|one| one.out = None);
    }
}

impl Book {
    fn probe(&self, name: &str) -> Option<AnyProbe<'_>> {
        self.spec.all_probes().find(|one| one.name == name)
    }

    fn known(&self, name: &str) -> ProbeBook {
        let known = self.attempt.probing.by_name.get(name);
        known.cloned().unwrap_or_default()
    }

    /// Whether every probe of these roles has succeeded.
    fn passed(&self, of: fn(ProbeRole) -> bool) -> bool {
        let mut meant = self.spec.all_probes().filter(|one| of(one.role));
        meant.all(|one| self.known(one.name).passed)
    }

    /// Whether others may rely on it.
    pub(super) fn is_well(&self) -> bool {
        self.spec.all_probes().all(|one| {
            let known = self.known(one.name);
            !known.bad && (one.role != ProbeRole::Readiness || known.passed)
        })
    }

    fn has_failed_enough(&self, probe: AnyProbe<'_>) -> bool {
        probe.role != ProbeRole::Readiness && self.known(probe.name).failures() >= probe.spec.enough().above
    }

    /// Whether a probe is to be expected while it is running.
    pub(super) fn awaits_probes(&self) -> bool {
        self.spec.all_probes().any(|one| one.role != ProbeRole::Startup)
    }

    /// A stranger answers in its place, and the run is to end for it.
    pub(super) fn has_a_twin(&self) -> bool {
        self.attempt
            .probing
            .by_name
            .values()
            .any(|one| one.strangers >= LOOKS)
    }
}

impl Checker {
    fn probe_book(&mut self, service: usize, name: &str) -> &mut ProbeBook {
        let by_name = &mut self.books[service].attempt.probing.by_name;
        by_name.entry(name.to_owned()).or_default()
    }

    pub(super) fn probe_ordered(&mut self, t: Millis, service: usize, probe: u64, call: &ProbeCall) {
        let book = &self.books[service];
        let Some(role) = book.probe(&call.name).map(|one| one.role) else {
            return self.fail(service, "a probe that nobody declared");
        };
        let known = book.known(&call.name);
        if !book.is_probed() || known.out.is_some() {
            return self.fail(service, "a probe at the wrong time");
        }
        if role == ProbeRole::Startup
            && known.passed
            && book.phase != director_core::words::PhaseName::Running
        {
            return self.fail(service, "the start is probed although it has succeeded");
        }
        if role != ProbeRole::Startup && !book.passed(|role| role == ProbeRole::Startup) {
            return self.fail(service, "a probe before the start has succeeded");
        }
        self.probe_book(service, &call.name).out = Some((probe, t));
    }

    /// The probes of a run, or those after its start, begin.
    pub(super) fn probes_begin(&mut self, t: Millis, service: usize) {
        let book = &mut self.books[service];
        let started = book.passed(|role| role == ProbeRole::Startup);
        let spec = book.spec.clone();
        for one in spec.all_probes() {
            if started || one.role == ProbeRole::Startup {
                self.probe_book(service, one.name).begun.get_or_insert(t);
            }
        }
    }

    /// What is true of an answer on its way.
    pub(crate) fn answers_truly(&mut self, service: usize, run: u64, name: &str, foreign: bool) {
        if self.books[service].number == run {
            self.probe_book(service, name).truly_foreign = foreign;
        }
    }

    /// Which probe of the present run waits for this answer.
    pub(super) fn probe_out(&self, service: usize, probe: u64) -> Option<String> {
        let mut all = self.books[service].attempt.probing.by_name.iter();
        let out = all.find(|(_, one)| one.out.map(|(id, _)| id) == Some(probe));
        out.map(|(name, _)| name.clone())
    }

    /// The probe under way is answered.
    pub(super) fn probe_answered(
        &mut self,
        t: Millis,
        service: usize,
        name: &str,
        outcome: &ProbeOutcome,
        owner: Option<&AnswerOwner>,
    ) {
        let held = self.books[service].held;
        let known = self.probe_book(service, name);
        known.out = None;
        if matches!(owner, Some(AnswerOwner::Foreign(_))) {
            known.strangers += 1;
            known.window_excuses &= held;
            return;
        }
        known.strangers = 0;
        match outcome {
            ProbeOutcome::Healthy(_) | ProbeOutcome::Degraded(_) => self.probe_passed(t, service, name),
            ProbeOutcome::Failed { .. } => self.probe_failed(t, service, name),
        }
    }

    fn probe_passed(&mut self, t: Millis, service: usize, name: &str) {
        let book = &self.books[service];
        let failures = book.known(name).failures();
        let anew = |one: AnyProbe<'_>| one.spec.failures.is_none_or(|enough| failures >= enough.above);
        let begins_anew = book.probe(name).is_some_and(anew);
        let known = self.probe_book(service, name);
        if begins_anew {
            known.failed.clear();
        } else {
            known.failed.push_back(false);
        }
        known.passed_by_itself = !known.truly_foreign;
        (known.passed, known.bad, known.excused) = (true, false, false);
        self.forget_oldest(service, name);
        self.probes_begin(t, service);
    }

    fn forget_oldest(&mut self, service: usize, name: &str) {
        let enough = self.books[service].probe(name).map(|one| one.spec.enough());
        let of = enough.map_or(1, |enough| enough.of as usize);
        let known = self.probe_book(service, name);
        while known.failed.len() > of {
            known.failed.pop_front();
        }
    }

    fn probe_failed(&mut self, t: Millis, service: usize, name: &str) {
        let waits = self.restart_waits(service);
        let book = &self.books[service];
        let Some(probe) = book.probe(name) else { return };
        let known = book.known(name);
        let grace_ms = probe.spec.start_grace_ms;
        let fresh = !known.passed && known.failed.is_empty();
        let forgiven = known.begun.is_some_and(|begun| t < begun + grace_ms) && fresh;
        let enough = known.failures() >= probe.spec.enough().above;
        if !forgiven && !enough {
            self.books[service]
                .attempt
                .probing
                .evidence
                .insert(name.to_owned());
        }
        self.probe_book(service, name).excused &= waits;
    }

    /// Whether a restart for failed probes has to wait: for the end of a window, or for what it requires.
    fn restart_waits(&self, service: usize) -> bool {
        let book = &self.books[service];
        book.held || self.missing(&book.spec.requires).next().is_some()
    }

    pub(crate) fn after_fact(&mut self, service: usize) {
        self.takes_too_much(service);
        let waits = self.restart_waits(service);
        let book = &mut self.books[service];
        let unseen = !std::mem::take(&mut book.attempt.probing.evidence).is_empty() && book.is_probed();
        if unseen {
            return self.fail(service, "a failed probe was not counted");
        }
        let held = book.held;
        for one in book.attempt.probing.by_name.values_mut() {
            one.window_excuses |= held && one.strangers >= LOOKS;
        }
        let (book, mut must) = (&self.books[service], Vec::new());
        let acted_on = |one: &ProbeBook| one.strangers >= LOOKS && !one.window_excuses;
        if book.is_probed() && book.attempt.probing.by_name.values().any(acted_on) {
            return self.fail(service, "a stranger answers, and the run goes on");
        }
        for probe in book.spec.all_probes().filter(|one| book.has_failed_enough(*one)) {
            must.push((probe.name.to_owned(), probe.spec.enough()));
        }
        let probed = book.is_probed();
        for (name, enough) in must {
            let known = self.probe_book(service, &name);
            known.excused |= waits;
            if probed && !known.excused {
                return self.fail(service, format_args!("{enough} probes failed, and no ladder"));
            }
        }
    }

    /// Timers are about to fire: a probe or a sample may be lost.
    pub(crate) fn before_timeout(&mut self, t: Millis) {
        for service in 0..self.books.len() {
            self.sample_may_be_lost(t, service);
            let book = &self.books[service];
            if !book.is_probed() {
                continue;
            }
            let is_lost = |one: &AnyProbe<'_>| {
                let limit = one.spec.timeout_ms + LOST_AFTER_MS;
                book.known(one.name).out.is_some_and(|(_, at)| t >= at + limit)
            };
            let lost = book.spec.all_probes().filter(is_lost);
            let lost: Vec<String> = lost.map(|one| one.name.to_owned()).collect();
            for name in lost {
                let known = self.probe_book(service, &name);
                (known.out, known.strangers) = (None, 0);
                self.probe_failed(t, service, &name);
            }
        }
    }

    pub(crate) fn after_timeout(&mut self) {
        for service in 0..self.books.len() {
            self.after_fact(service);
        }
    }

    pub(super) fn failure_counted(&mut self, service: usize, probe: Option<&str>, failures: u32) {
        let name = probe.unwrap_or(ServiceSpec::HEALTH);
        if !self.books[service].attempt.probing.evidence.remove(name) {
            return self.fail(service, "a failure was counted without a failed probe");
        }
        self.probe_book(service, name).failed.push_back(true);
        self.forget_oldest(service, name);
        let book = &self.books[service];
        let readiness = book.probe(name).filter(|one| one.role == ProbeRole::Readiness);
        let enough = readiness.map_or(1, |one| one.spec.enough().above);
        let known = self.probe_book(service, name);
        let truly = known.failures();
        known.bad |= truly >= enough;
        if failures != truly {
            self.fail(
                service,
                format_args!("{truly} probes of {name} failed, {failures} were counted"),
            );
        }
    }

    /// The run ends for its probes.
    pub(super) fn called_unhealthy(&mut self, service: usize) {
        let waits = self.restart_waits(service);
        let book = &mut self.books[service];
        book.attempt.unhealthy = true;
        let book = &self.books[service];
        if !book.spec.all_probes().any(|one| book.has_failed_enough(one)) {
            self.fail(service, "restarted although no probe failed often enough");
        } else if waits {
            self.fail(
                service,
                "restarted for its probes although the restart had to wait",
            );
        }
    }

    /// The run ends because a stranger answers.
    pub(super) fn called_a_twin(&mut self, service: usize) {
        if !self.books[service].has_a_twin() {
            self.fail(service, "stopped for a stranger who was not seen often enough");
        }
    }

    /// Whether enough of its probes failed, and what it requires will not come.
    pub(crate) fn is_held_back_for_good(&self, service: usize) -> bool {
        let book = &self.books[service];
        let failed = book.spec.all_probes().any(|one| book.has_failed_enough(one));
        failed && self.waits_for_good(service)
    }

    /// It is running: whatever proves a run has been seen.
    pub(super) fn is_proven(&mut self, service: usize) {
        let book = &self.books[service];
        if !book.passed(|role| role != ProbeRole::Readiness) {
            return self.fail(service, "running before its probes succeeded");
        }
        let proves = |one: &AnyProbe<'_>| one.role != ProbeRole::Readiness && one.spec.owner_check;
        let stranger = |one: AnyProbe<'_>| !book.known(one.name).passed_by_itself;
        if book.spec.all_probes().filter(proves).any(stranger) {
            self.fail(service, "running on the word of a stranger");
        }
    }
}
