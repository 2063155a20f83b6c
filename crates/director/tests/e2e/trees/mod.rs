//! Whole process trees: nothing of them is left, whatever they do and however the director ends.

mod after_death;
mod kills;
mod shapes;
