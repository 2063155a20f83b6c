//! Which kind of application a folder holds, and how it is started.
