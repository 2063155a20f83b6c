# Once, where the engine is made. For each new connection, also those of a pool and of aiosqlite.
from sqlalchemy import event
from sqlalchemy.engine import Engine


@event.listens_for(Engine, "connect")
def prepare_sqlite(connection, _record):
    if "sqlite" not in type(connection).__module__:
        return
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")  # safe in WAL mode, and one flush less for each transaction
    cursor.execute("PRAGMA busy_timeout=30000")  # waits for a lock for 30 s before it fails
    cursor.close()
