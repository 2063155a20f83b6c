//! An interpreter that follows what a Django project executes while it starts, and knows only what concerns the database.
