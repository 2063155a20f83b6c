//! The one call of `CreateProcessW`: in a job from birth, with exactly the handles that are listed.

use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::Path;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, HANDLE};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::JobObjects::IsProcessInJob;
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, GetCurrentProcess, InitializeProcThreadAttributeList,
    LPPROC_THREAD_ATTRIBUTE_LIST, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST,
    PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW,
    UpdateProcThreadAttribute,
};

use super::job::Job;
use super::text::wide;
use super::{check, is_error, own, process, size_of_u32};
use crate::identity::ProcessId;

/// What a child is made of.
pub(crate) struct ChildRequest<'a> {
    /// An absolute path.
    pub(crate) application: &'a Path,
    pub(crate) command_line: &'a OsStr,
    /// `None`: our own.
    pub(crate) cwd: Option<&'a Path>,
    /// A block as [`super::environment::block`] makes it; `None`: our own.
    pub(crate) environment: Option<&'a [u16]>,
    /// Standard input, output and error, inheritable and all different; `None`: none at all.
    pub(crate) stdio: Option<[&'a OwnedHandle; 3]>,
    /// How it gets its console.
    pub(crate) flags: PROCESS_CREATION_FLAGS,
    pub(crate) job: &'a Job,
}

/// A process that we created.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) process: OwnedHandle,
    pub(crate) id: ProcessId,
}

/// Creates the process. It can react to Ctrl-C even when we ourselves were started to ignore it.
pub(crate) fn create(request: &ChildRequest<'_>) -> io::Result<Child> {
    // SAFETY: no handler is passed: this only switches off that we ignore Ctrl-C, a state that children would inherit. Failure
    // (no console) leaves nothing to inherit.
    unsafe { SetConsoleCtrlHandler(None, 0) };
    match create_with(request, request.flags) {
        // A job that we are in may refuse to be nested (one with limits on the desktop). Its owner may allow us to leave it.
        Err(error) if is_error(&error, ERROR_ACCESS_DENIED) && we_are_in_a_job() => {
            create_with(request, request.flags | CREATE_BREAKAWAY_FROM_JOB).map_err(|_| error)
        }
        result => result,
    }
}

fn create_with(request: &ChildRequest<'_>, flags: PROCESS_CREATION_FLAGS) -> io::Result<Child> {
    let application = wide(request.application)?;
    let mut command_line = wide(request.command_line)?;
    let cwd = request.cwd.map(wide).transpose()?;
    let jobs = [request.job.raw()];
    let handles: Option<[HANDLE; 3]> = request
        .stdio
        .map(|handles| handles.map(AsRawHandle::as_raw_handle));
    let mut attributes = AttributeList::new(2)?;
    attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &jobs)?;
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = size_of_u32::<STARTUPINFOEXW>();
    if let Some(handles) = &handles {
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles)?;
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        [
            startup.StartupInfo.hStdInput,
            startup.StartupInfo.hStdOutput,
            startup.StartupInfo.hStdError,
        ] = *handles;
    }
    startup.lpAttributeList = attributes.raw();
    let mut created = PROCESS_INFORMATION::default();
    // SAFETY: all texts end in NUL (the command line's buffer is writable, as the call demands), the environment is a block that ends
    // in two NULs, the attribute list and what it points to (`jobs`, `handles`) live through the call.
    check(unsafe {
        CreateProcessW(
            application.as_ptr(),
            command_line.as_mut_ptr(),
            std::ptr::null(),
            std::ptr::null(),
            handles.is_some().into(),
            flags | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
            request
                .environment
                .map_or(std::ptr::null(), |block| block.as_ptr().cast()),
            cwd.as_ref().map_or(std::ptr::null(), |cwd| cwd.as_ptr()),
            &startup.StartupInfo,
            &mut created,
        )
    })?;
    // SAFETY: the call succeeded, so both handles are fresh and ours.
    let (process, thread) = unsafe { (own(created.hProcess)?, own(created.hThread)?) };
    drop(thread);
    let start = process::created(&process)?;
    Ok(Child {
        process,
        id: ProcessId {
            pid: created.dwProcessId,
            start,
        },
    })
}

fn we_are_in_a_job() -> bool {
    let mut result = 0;
    // SAFETY: the pseudo handle is always valid; no job means "any job"; the out parameter lives through the call.
    unsafe { IsProcessInJob(GetCurrentProcess(), std::ptr::null_mut(), &mut result) != 0 && result != 0 }
}

/// The list of extra attributes of a start.
struct AttributeList {
    /// Units as wide as a pointer, for the alignment.
    buffer: Vec<usize>,
}

impl AttributeList {
    fn new(count: u32) -> io::Result<Self> {
        let mut bytes = 0;
        // SAFETY: the documented way to ask for the size: no list, and the call "fails".
        unsafe { InitializeProcThreadAttributeList(std::ptr::null_mut(), count, 0, &mut bytes) };
        let mut buffer = vec![0_usize; bytes.div_ceil(size_of::<usize>())];
        // SAFETY: the buffer has at least the size that was asked for.
        check(unsafe {
            InitializeProcThreadAttributeList(buffer.as_mut_ptr().cast(), count, 0, &mut bytes)
        })?;
        Ok(Self { buffer })
    }

    fn raw(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.buffer.as_mut_ptr().cast()
    }

    /// `values` must stay where it is until the process is created: the list keeps a pointer.
    fn set(&mut self, attribute: u32, values: &[HANDLE]) -> io::Result<()> {
        // SAFETY: the list is initialised and has room for the attribute; the only caller keeps `values` through the creation.
        check(unsafe {
            UpdateProcThreadAttribute(
                self.raw(),
                0,
                attribute as usize,
                values.as_ptr().cast(),
                size_of_val(values),
                std::ptr::null_mut(),
                std::ptr::null(),
            )
        })
    }
}

impl Drop for AttributeList {
    fn drop(&mut self) {
        // SAFETY: the list was initialised by `new` and is deleted once.
        unsafe { DeleteProcThreadAttributeList(self.raw()) };
    }
}
