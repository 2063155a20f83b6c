//! The thread that follows the calendar.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use director_core::spec::ServiceName;
use director_store::planned::Planned;
use director_sys::clock::unix_ms;
use director_sys::wall_timer::WallTimer;

use super::agenda::Agenda;
use super::{News, Schedules, Word};
use crate::hands::Hands;
use crate::input::Input;

/// The running thread. Dropping it ends it.
pub(super) struct Scheduler {
    /// None once it is to end.
    orders: Option<Sender<(Schedules, u64)>>,
    timer: Arc<WallTimer>,
}

impl Scheduler {
    pub(super) fn start(schedules: Schedules, edition: u64, hands: &Hands) -> io::Result<Self> {
        let timer = Arc::new(WallTimer::new()?);
        let (orders, inbox) = channel();
        let work = Work {
            timer: Arc::clone(&timer),
            hands: hands.clone(),
            edition,
            save_failed: false,
        };
        thread::Builder::new()
            .name("calendar".to_owned())
            .stack_size(512 << 10)
            .spawn(move || work.run(schedules, &inbox))?;
        Ok(Self {
            orders: Some(orders),
            timer,
        })
    }

    pub(super) fn renew(&self, schedules: Schedules, edition: u64) {
        if let Some(orders) = &self.orders {
            let _ = orders.send((schedules, edition));
        }
        self.timer.call();
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.orders = None;
        self.timer.call();
    }
}

/// What the thread owns.
struct Work {
    timer: Arc<WallTimer>,
    hands: Hands,
    edition: u64,
    /// The last save failed: that was told.
    save_failed: bool,
}

impl Work {
    fn run(mut self, schedules: Schedules, inbox: &Receiver<(Schedules, u64)>) {
        let (kept, bad) = Planned::load(self.hands.data_dir());
        if let Some(bad) = bad {
            self.complain(bad.to_string());
        }
        let mut agenda = Agenda::new(schedules, &kept, unix_ms());
        loop {
            match inbox.try_recv() {
                Ok((schedules, edition)) => {
                    self.edition = edition;
                    agenda = Agenda::new(schedules, &agenda.planned(), unix_ms());
                    continue;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
            self.tell(agenda.look(unix_ms()));
            // Told first: a planned time that is told twice restarts twice, one that is lost is lost; a director that is
            // killed in between makes it up as missed, once.
            if let Some(planned) = agenda.take_unsaved() {
                self.save(&planned);
            }
            if let Err(error) = self.timer.sleep_until(agenda.wake_ms()) {
                self.complain(format!("schedules are not followed any more: {error}"));
                return self.tell(agenda.give_up());
            }
        }
    }

    fn tell(&self, news: Vec<(ServiceName, News)>) {
        for (service, news) in news {
            let edition = self.edition;
            self.hands.tell(Input::Calendar(Word {
                service,
                news,
                edition,
            }));
        }
    }

    fn save(&mut self, planned: &Planned) {
        let saved = planned.save(self.hands.data_dir());
        let failed_before = std::mem::replace(&mut self.save_failed, saved.is_err());
        if let Err(error) = saved
            && !failed_before
        {
            self.complain(error.to_string());
        }
    }

    fn complain(&self, error: String) {
        self.hands.tell(Input::RecordFailed { service: None, error });
    }
}
