"""GET /health: whether this application works, and whether it reaches its database.

Service Director asks it. "degraded" is shown and kept in the journal, and restarts nothing: a database that somebody else
has locked is not freed by a new process.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Blueprint, jsonify

APP_NAME = "APPLICATION"
APP_VERSION = os.environ.get("APP_VERSION", "unknown")
DATABASE = "DATABASE_FILE"

health_blueprint = Blueprint("director_health", __name__)


# DATABASE_STATE


@health_blueprint.get("/health")
def health():
    database = database_state()
    well = database in ("connected", "none")
    return jsonify(
        status="healthy" if well else "degraded",
        app=APP_NAME,
        version=APP_VERSION,
        database=database,
    )
