//! Limits of a job, and the priority that a first process begins with.

use std::io;

use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_CPU_RATE_CONTROL_ENABLE, JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP, JOB_OBJECT_LIMIT,
    JOB_OBJECT_LIMIT_AFFINITY, JOB_OBJECT_LIMIT_JOB_MEMORY, JOB_OBJECT_LIMIT_PRIORITY_CLASS,
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION, JOBOBJECT_CPU_RATE_CONTROL_INFORMATION_0,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectCpuRateControlInformation,
    JobObjectExtendedLimitInformation,
};
use windows_sys::Win32::System::Threading::{
    ABOVE_NORMAL_PRIORITY_CLASS, ALL_PROCESSOR_GROUPS, BELOW_NORMAL_PRIORITY_CLASS, GetActiveProcessorCount,
    GetCurrentProcess, GetProcessAffinityMask, HIGH_PRIORITY_CLASS, IDLE_PRIORITY_CLASS,
    NORMAL_PRIORITY_CLASS, PROCESS_CREATION_FLAGS,
};

use super::{Limit, Limits, Priority, Unenforced, list};
use crate::windows::check;
use crate::windows::job::{self, Job};

/// The whole machine, as the rate control counts.
const WHOLE: u64 = 10_000;

/// Has the system keep what it can for everybody in `job`; answers what it does not keep.
pub(crate) fn restrict(job: &Job, limits: &Limits) -> Vec<Unenforced> {
    let mut found = Vec::new();
    // Each by itself, on top of those that the job has taken: one that is refused must not cost the others.
    let mut taken = job::first_limits();
    let mut keep = |flag: JOB_OBJECT_LIMIT, fill: &dyn Fn(&mut JOBOBJECT_EXTENDED_LIMIT_INFORMATION)| {
        let mut wanted = taken;
        wanted.BasicLimitInformation.LimitFlags |= flag;
        fill(&mut wanted);
        set(job, &wanted, flag).inspect(|()| taken = wanted)
    };
    if let Some(bytes) = limits.memory_bytes {
        let kept = keep(JOB_OBJECT_LIMIT_JOB_MEMORY, &|wanted| {
            wanted.JobMemoryLimit = usize::try_from(bytes).unwrap_or(usize::MAX);
        });
        found.extend(kept.err().map(|error| Unenforced::new(Limit::Memory, error)));
    }
    if let Some(priority) = limits.priority {
        let kept = keep(JOB_OBJECT_LIMIT_PRIORITY_CLASS, &|wanted| {
            wanted.BasicLimitInformation.PriorityClass = class_of(priority);
        });
        let why = |error| format!("only the first process begins with it: {error}");
        found.extend(
            kept.err()
                .map(|error| Unenforced::new(Limit::Priority, why(error))),
        );
    }
    if !limits.affinity.is_empty() {
        let kept = processors(&limits.affinity).and_then(|(mask, missing)| {
            if mask != 0 {
                keep(JOB_OBJECT_LIMIT_AFFINITY, &|wanted| {
                    wanted.BasicLimitInformation.Affinity = mask;
                })?;
            }
            missing.map_or(Ok(()), |why| Err(io::Error::other(why)))
        });
        found.extend(kept.err().map(|error| Unenforced::new(Limit::Affinity, error)));
    }
    if let Some(Err(error)) = limits.cpu_percent.map(|percent| cap(job, percent)) {
        found.push(Unenforced::new(Limit::Cpu, error));
    }
    found
}

/// The class that a first process is created with, so that it has it even where the job cannot be held to one.
pub(crate) fn creation_flag(priority: Option<Priority>) -> PROCESS_CREATION_FLAGS {
    priority.map_or(0, class_of)
}

fn class_of(priority: Priority) -> PROCESS_CREATION_FLAGS {
    match priority {
        Priority::Idle => IDLE_PRIORITY_CLASS,
        Priority::BelowNormal => BELOW_NORMAL_PRIORITY_CLASS,
        Priority::Normal => NORMAL_PRIORITY_CLASS,
        Priority::AboveNormal => ABOVE_NORMAL_PRIORITY_CLASS,
        Priority::High => HIGH_PRIORITY_CLASS,
    }
}

/// Sets all limits of the job and looks whether it has the new one: a system that takes a limit and forgets it keeps none.
fn set(job: &Job, wanted: &JOBOBJECT_EXTENDED_LIMIT_INFORMATION, flag: JOB_OBJECT_LIMIT) -> io::Result<()> {
    job.set(JobObjectExtendedLimitInformation, wanted)?;
    let has: JOBOBJECT_EXTENDED_LIMIT_INFORMATION = job.get(JobObjectExtendedLimitInformation)?;
    if has.BasicLimitInformation.LimitFlags & flag == 0 {
        return Err(forgotten());
    }
    Ok(())
}

fn forgotten() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "the system took the limit and does not keep it",
    )
}

/// A hard cap. The system counts in parts of all processors together.
fn cap(job: &Job, percent: u32) -> io::Result<()> {
    // SAFETY: a plain number.
    let processors = u64::from(unsafe { GetActiveProcessorCount(ALL_PROCESSOR_GROUPS) });
    check((processors > 0).into())?;
    let rate = (u64::from(percent) * 100 / processors).max(1);
    if rate >= WHOLE {
        // More than the machine has.
        return Ok(());
    }
    let flags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    let wanted = JOBOBJECT_CPU_RATE_CONTROL_INFORMATION {
        ControlFlags: flags,
        Anonymous: JOBOBJECT_CPU_RATE_CONTROL_INFORMATION_0 { CpuRate: rate as u32 },
    };
    job.set(JobObjectCpuRateControlInformation, &wanted)?;
    let has: JOBOBJECT_CPU_RATE_CONTROL_INFORMATION = job.get(JobObjectCpuRateControlInformation)?;
    if has.ControlFlags & flags == flags {
        Ok(())
    } else {
        Err(forgotten())
    }
}

/// The mask of those that there are, and what is missing, in words.
fn processors(wanted: &[u16]) -> io::Result<(usize, Option<String>)> {
    let (mut ours, mut systems) = (0, 0);
    // SAFETY: the pseudo handle is always valid; both out parameters live through the call.
    check(unsafe { GetProcessAffinityMask(GetCurrentProcess(), &mut ours, &mut systems) })?;
    let is_there = |processor: &u16| u32::from(*processor) < usize::BITS && systems >> processor & 1 == 1;
    let (there, missing): (Vec<u16>, Vec<u16>) = wanted.iter().partition(|processor| is_there(processor));
    let mask = there.iter().fold(0, |mask, processor| mask | 1 << processor);
    let why = match (there.is_empty(), missing.is_empty()) {
        (_, true) => None,
        (true, false) => Some(format!(
            "none of the processors {} exists in the director's group",
            list(&missing)
        )),
        (false, false) => Some(format!(
            "it may use the processors {} only: {} do not exist in the director's group",
            list(&there),
            list(&missing)
        )),
    };
    Ok((mask, why))
}
