def database_state():
    """What the database says when it is read."""
    if DATABASE is None:
        return "none"
    try:
        # The schema's version stands in the file, so a locked or damaged one fails here, which `SELECT 1` would not notice.
        # mode=rw makes no file that is missing. Two seconds: the answer must come before the probe gives up.
        with closing(sqlite3.connect(f"{DATABASE.as_uri()}?mode=rw", uri=True, timeout=2)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        return f"error: {error}"
    return "connected"
