//! Facts that the source of an application tells about it.
