//! Database access that a Django project makes while it starts.
