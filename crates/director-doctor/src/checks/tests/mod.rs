//! Each check with a set-up that is well and one that is not.

mod configured;
mod documents;
mod lab;
mod measured;
mod remembered;
