//! A job object: the container that a run's processes cannot leave.

use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_MORE_DATA, HANDLE};
use windows_sys::Win32::System::JobObjects::{
    CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS, JobObjectAssociateCompletionPortInformation,
    JobObjectBasicAccountingInformation, JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation,
    QueryInformationJobObject, SetInformationJobObject, TerminateJobObject,
};

use super::completion::CompletionPort;
use super::{check, is_error, own, size_of_u32};

/// The exit code of processes that a job ends.
pub(crate) const TERMINATED: u32 = 1;

/// A job without a name whose only handle is ours and not inheritable: when it closes, by whatever death of ours, every process
/// in it is ended by the system. Processes may not break away.
#[derive(Debug)]
pub(crate) struct Job(OwnedHandle);

/// What every job is held to, whatever else it is held to: without this a tree would outlive us.
pub(crate) fn first_limits() -> JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    limits
}

impl Job {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no attributes (not inheritable) and no name; the fresh handle is owned at once.
        let job = Self(unsafe { own(CreateJobObjectW(std::ptr::null(), std::ptr::null()))? });
        job.set(JobObjectExtendedLimitInformation, &first_limits())?;
        Ok(job)
    }

    pub(crate) fn raw(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    /// How many processes are alive in it.
    pub(crate) fn active(&self) -> io::Result<u32> {
        Ok(self.accounting()?.ActiveProcesses)
    }

    /// How many processes it ever had.
    pub(crate) fn total(&self) -> io::Result<u32> {
        Ok(self.accounting()?.TotalProcesses)
    }

    /// The processor time of every process it ever had, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> io::Result<u64> {
        let accounting = self.accounting()?;
        // In units of 100 ns, never negative.
        Ok((accounting
            .TotalUserTime
            .saturating_add(accounting.TotalKernelTime)
            / 10_000)
            .unsigned_abs())
    }

    fn accounting(&self) -> io::Result<JOBOBJECT_BASIC_ACCOUNTING_INFORMATION> {
        self.get(JobObjectBasicAccountingInformation)
    }

    /// The pids in it.
    pub(crate) fn pids(&self) -> io::Result<Vec<u32>> {
        let mut room = 64;
        loop {
            // JOBOBJECT_BASIC_PROCESS_ID_LIST: two 32-bit counts, then the pids, each as wide as a pointer.
            let mut buffer = vec![0_usize; room + 8 / size_of::<usize>()];
            // SAFETY: the buffer has the size that is passed and the alignment of the structure.
            let result = check(unsafe {
                QueryInformationJobObject(
                    self.raw(),
                    JobObjectBasicProcessIdList,
                    buffer.as_mut_ptr().cast(),
                    (buffer.len() * size_of::<usize>()) as u32,
                    std::ptr::null_mut(),
                )
            });
            match result {
                Ok(()) => {}
                Err(error) if is_error(&error, ERROR_MORE_DATA) && room < 1 << 20 => {
                    room *= 4;
                    continue;
                }
                Err(error) => return Err(error),
            }
            // SAFETY: the buffer begins with the two counts.
            let [assigned, listed] = unsafe { buffer.as_ptr().cast::<[u32; 2]>().read() };
            if listed < assigned && room < 1 << 20 {
                room = room.max(assigned as usize) * 2;
                continue;
            }
            let first = 8 / size_of::<usize>();
            return Ok(buffer[first..]
                .iter()
                .take(listed as usize)
                .map(|pid| *pid as u32)
                .collect());
        }
    }

    /// Ends every process in it. New ones are refused first, so that none slips in while the others end.
    pub(crate) fn terminate(&self) -> io::Result<()> {
        let mut limits = first_limits();
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        limits.BasicLimitInformation.ActiveProcessLimit = 1;
        let closed = self.set(JobObjectExtendedLimitInformation, &limits);
        // SAFETY: the handle is open with all rights.
        check(unsafe { TerminateJobObject(self.raw(), TERMINATED) })?;
        closed
    }

    /// Messages about the job's processes go to `port` under `key` from now on. They may be lost: only hints.
    pub(crate) fn send_hints(&self, port: &CompletionPort, key: usize) -> io::Result<()> {
        self.set(
            JobObjectAssociateCompletionPortInformation,
            &JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
                // A value of our own choice that comes back as it is.
                CompletionKey: std::ptr::without_provenance_mut(key),
                CompletionPort: port.raw(),
            },
        )
    }

    pub(crate) fn get<T: Default>(&self, class: JOBOBJECTINFOCLASS) -> io::Result<T> {
        let mut information = T::default();
        // SAFETY: callers ask for the structure that belongs to the class, which has the size that is passed.
        check(unsafe {
            QueryInformationJobObject(
                self.raw(),
                class,
                std::ptr::from_mut(&mut information).cast(),
                size_of_u32::<T>(),
                std::ptr::null_mut(),
            )
        })?;
        Ok(information)
    }

    pub(crate) fn set<T>(&self, class: JOBOBJECTINFOCLASS, information: &T) -> io::Result<()> {
        // SAFETY: callers pass the structure that belongs to the class; it lives through the call.
        check(unsafe {
            SetInformationJobObject(
                self.raw(),
                class,
                std::ptr::from_ref(information).cast(),
                size_of_u32::<T>(),
            )
        })
    }
}
