//! The world that does as it likes: foreigners, full disks, clocks, operators, and who kills the director.

use director_core::command::Command;
use director_core::time::Millis;

use super::Sim;
use super::queue::{Happening, Input};
use crate::world::{DATABASE, PORT, Process};

impl Sim<'_> {
    /// Fixes when the world interferes.
    pub(super) fn plan(&mut self) {
        self.plan_kills();
        for _ in 0..self.knobs.foreigners {
            let at = self.some_time();
            self.queue.push(at, Happening::ForeignerComes);
        }
        for _ in 0..self.knobs.full_disks {
            let at = self.some_time();
            let lasts = self.rng.pick(&[5, 500, 30_000]);
            self.queue.push(at, Happening::DiskFills(true));
            self.queue.push(at + lasts, Happening::DiskFills(false));
        }
        for _ in 0..self.knobs.commands {
            let at = self.some_time();
            let command = self.random_command();
            self.queue.push(at, Happening::Asked(command));
        }
        if self.rng.chance(20) {
            let budget = self.rng.pick(&[None, Some(0), Some(3_000), Some(20_000)]);
            let at = self.some_time();
            self.queue.push(at, Happening::MachineGoesDown(budget));
        }
        for _ in 0..self.knobs.internal_faults {
            let at = self.some_time();
            let service = self.rng.below(self.specs.len() as u64) as usize;
            self.queue.push(at, Happening::InternalFault(service));
        }
        for _ in 0..self.knobs.reboots {
            let at = self.some_time();
            self.queue.push(at, Happening::Reboot);
        }
        self.plan_changes();
        self.plan_readers();
        self.plan_calendar();
        if self.options.wall_jumps {
            for _ in 0..self.knobs.wall_jumps {
                let end = self.wall_rng.pick(&[2_000, 20_000, self.knobs.bad_ms]);
                let at = self.wall_rng.below(end);
                self.queue.push(at, Happening::WallJumps);
            }
        }
    }

    /// Somebody edits: now and then, or again and again as a program does that writes what is watched.
    fn plan_changes(&mut self) {
        for _ in 0..self.file_rng.below(4) {
            let service = self.file_rng.below(self.specs.len() as u64) as usize;
            let at = self.file_rng.below(self.knobs.bad_ms);
            let times = self.file_rng.pick(&[1, 1, 2, 12]);
            let every = self.file_rng.pick(&[50, 1_500, 4_000]);
            let refused = self.file_rng.chance(15);
            for time in 0..times {
                self.queue
                    .push(at + time * every, Happening::FilesChanged { service, refused });
            }
        }
    }

    fn random_command(&mut self) -> Command {
        let mut services = Vec::new();
        for spec in &self.specs {
            if self.rng.chance(60) {
                services.push(spec.name.clone());
            }
        }
        match self.rng.below(21) {
            0..=6 => Command::Start { services },
            7..=12 => Command::Stop { services },
            13..=18 => Command::Restart { services },
            _ => Command::Shutdown {
                now: self.rng.chance(40),
            },
        }
    }

    /// True when the driver was woken.
    pub(super) fn happen(&mut self, what: Happening) -> bool {
        if self.calm && what.is_a_fault() {
            return false;
        }
        match what {
            Happening::Exit {
                process,
                status,
                spontaneous,
            } => self.exit(process, status, spontaneous),
            Happening::Fork { parent } => self.fork(parent),
            Happening::Freeze { process } => {
                if !self.calm && self.world.all[process].alive {
                    self.show(|sim| format!("pid {} freezes", sim.world.all[process].pid));
                    self.world.all[process].frozen = true;
                }
            }
            Happening::ForeignerComes => self.foreigner_comes(),
            Happening::ReaderComes => self.reader_comes(),
            Happening::DiskFills(full) => {
                self.show(|_| format!("disk full: {full}"));
                self.disk.full = full && !self.calm;
            }
            Happening::WallJumps => self.wall_jumps(),
            Happening::Asked(command) => return self.asked(&command),
            Happening::MachineGoesDown(budget) => return self.machine_goes_down(budget),
            Happening::FilesChanged { service, refused } => return self.files_changed(service, refused),
            Happening::TimeComes { service, missed } => return self.time_comes(service, missed),
            Happening::Window { service, opens } => return self.window(service, opens),
            Happening::InternalFault(service) => return self.internal_fault(service),
            Happening::KillDirector => self.kill_director("is killed"),
            Happening::StartDirector => self.start_director(),
            Happening::Reboot => self.reboot(),
            Happening::BootRound(director) => self.boot_round(director),
            Happening::Driver { director, input } => return self.arrives(director, input),
            Happening::Spawner(director) => self.spawner(director),
            Happening::Hand {
                director,
                service,
                run,
                order,
            } => {
                if director == self.director && self.core.is_some() {
                    self.hand(service, run, order);
                }
            }
            Happening::SaveHistory { director, history } => self.save_history(director, *history),
        }
        false
    }

    fn arrives(&mut self, director: u64, input: Input) -> bool {
        if director != self.director || self.core.is_none() {
            return false;
        }
        match input {
            Input::Fact {
                service,
                run,
                fact,
                echo,
            } => self.take_fact(service, run, fact, echo),
            Input::HistorySaved => self.history_saved(),
        }
        true
    }

    /// Somebody else takes a service's port or database for a while; or just a pid that was ours.
    fn foreigner_comes(&mut self) {
        if self.calm {
            return;
        }
        let service = self.rng.below(self.specs.len() as u64) as usize;
        let thing = self.rng.pick(&[PORT, PORT, DATABASE]);
        let lasts: Millis = self.rng.pick(&[500, 12_000, 100_000]);
        let mut holds = [None; 2];
        if self.rng.chance(70) {
            holds[thing] = Some(service);
        }
        let process = Process {
            holds,
            ..Process::foreigner()
        };
        let process = self.world.add(&mut self.rng, process);
        self.show(|sim| {
            format!(
                "foreign pid {} comes, holds {holds:?}",
                sim.world.all[process].pid
            )
        });
        let gone = Happening::Exit {
            process,
            status: director_core::words::ExitKind::Code(0),
            spontaneous: false,
        };
        self.queue.push(self.t + lasts, gone);
    }

    /// The wall clock is set, or the machine sleeps: to the awake clock both are nothing.
    fn wall_jumps(&mut self) {
        let by = self
            .wall_rng
            .pick(&[-86_400_000, -3_600_000, -5_000, 5_000, 700_000, 28_800_000]);
        self.wall_ms += by;
        self.show(|_| format!("the wall clock jumps by {by} ms"));
    }

    fn reboot(&mut self) {
        self.show(|_| "the machine reboots".to_owned());
        self.director_is_gone();
        for index in self.world.live.clone() {
            self.world.remove(index);
        }
        for linger in &mut self.world.linger {
            *linger = [0; 2];
        }
        self.boot_id += 1;
        self.booted_at = self.t;
        self.ended = false;
        let after = self.rng.below(5_000);
        self.queue.push(self.t + after, Happening::StartDirector);
    }
}
