//! Who answers a probe: an answer that comes from another process says nothing of the run.

use super::blocker::{BLOCKED_RECHECK_MS, LOOKS_MS};
use super::phase::NextCheck;
use super::{Outbox, Service};
use crate::event::AnswerOwner;
use crate::journal::JournalEvent;
use crate::report::Finding;
use crate::spec::ServiceSpec;
use crate::time::Now;
use crate::words::StopReason;

impl Service {
    /// Takes the word on who answered. Answers whether it was a foreign process, so that the answer does not count.
    pub(super) fn is_from_a_twin(
        &mut self,
        now: Now,
        out: &mut Outbox,
        index: usize,
        owner: Option<AnswerOwner>,
    ) -> bool {
        let account = &mut self.probes.all[index];
        match owner {
            None => {
                account.foreign = None;
                false
            }
            Some(AnswerOwner::Ours) => {
                (account.owner_known, account.foreign) = (true, None);
                false
            }
            Some(AnswerOwner::Unknown(because)) => {
                (account.owner_known, account.foreign) = (true, None);
                self.tell_unknown_owner(now, out, index, because);
                false
            }
            Some(AnswerOwner::Foreign(finding)) => {
                self.twin_seen(now, out, index, *finding);
                true
            }
        }
    }

    fn tell_unknown_owner(&mut self, now: Now, out: &mut Outbox, index: usize, because: String) {
        let name = self.spec.all_probes().nth(index).map(|probe| probe.name);
        let probe = name.unwrap_or(ServiceSpec::HEALTH).to_owned();
        if self.probes.told.insert(format!("{probe}: {because}")) {
            let event = JournalEvent::AnswerOwnerUnknown { probe, because };
            self.journal(now, out, event);
        }
    }

    /// A foreign process answers. Seen three times within ten seconds it is a blocker (guarantee 5), and the run, which cannot
    /// serve, is stopped.
    fn twin_seen(&mut self, now: Now, out: &mut Outbox, index: usize, finding: Finding) {
        let held = self.is_held();
        let account = &mut self.probes.all[index];
        let (first, before) = account.foreign.unwrap_or((now.at, 0));
        let looks = before + 1;
        account.foreign = Some((first, looks));
        account.owner_known = false;
        account.detail = Some(finding.summary.clone());
        if let Some(delay) = LOOKS_MS.get(looks - 1) {
            account.next = Some(first.plus(*delay).max(now.at));
            return;
        }
        if held {
            // Somebody may run it by hand meanwhile: after the window the next look decides.
            let probe = self.spec.all_probes().nth(index);
            let retry_ms = probe.map_or(0, |one| one.spec.retry_interval_ms.min(one.spec.interval_ms));
            account.next = Some(now.at.plus(retry_ms));
            return;
        }
        self.probes.twin = Some(finding);
        self.begin_stop(now, out, StopReason::StaleTwin, false);
    }

    /// The run that a twin answered for is over: the next attempt waits until the twin is gone.
    pub(super) fn block_for_twin(&mut self, now: Now, out: &mut Outbox) {
        let Some(finding) = self.probes.twin.take() else {
            return self.begin_start(now, out, super::sentence(StopReason::StaleTwin));
        };
        self.begin_attempt();
        self.doubts.begin();
        let because = super::sentence(StopReason::StaleTwin);
        because.clone_into(&mut self.hooks.start_reason);
        self.block(
            now,
            out,
            finding.clone(),
            NextCheck::At(now.at.plus(BLOCKED_RECHECK_MS)),
        );
        self.await_holders(out, &finding);
    }
}
