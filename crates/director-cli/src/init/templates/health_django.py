"""GET /health: whether this project works, and whether it reaches its database.

Service Director asks it. "degraded" is shown and kept in the journal, and restarts nothing: a database that somebody else
has locked is not freed by a new process.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache

APP_NAME = "APPLICATION"
APP_VERSION = os.environ.get("APP_VERSION", "unknown")


def database_state():
    """What the default database says when it is read."""
    own = settings.DATABASES.get("default", {})
    if not own.get("ENGINE"):
        return "none"
    try:
        if own["ENGINE"].endswith("sqlite3"):
            # The schema's version stands in the file, so a locked or damaged one fails here, which `SELECT 1` would not
            # notice. mode=rw makes no file that is missing. Not by Django's own connection, which may wait for a lock for
            # longer than the probe waits for an answer.
            file = Path(own["NAME"]).resolve()
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=2)) as reader:
                reader.execute("PRAGMA schema_version").fetchone()
        else:
            # A database server answers this itself.
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    except (sqlite3.Error, Error) as error:
        return f"error: {error}"
    return "connected"


@never_cache
def health(request):
    database = database_state()
    well = database in ("connected", "none")
    return JsonResponse(
        {
            "status": "healthy" if well else "degraded",
            "app": APP_NAME,
            "version": APP_VERSION,
            "database": database,
        }
    )
