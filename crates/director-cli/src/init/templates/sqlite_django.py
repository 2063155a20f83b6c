# In the settings (Django 5.1 or later), for each connection.
DATABASES["default"]["OPTIONS"] = {
    "timeout": 30,  # waits for a lock for 30 s before it fails
    "init_command": "PRAGMA synchronous=NORMAL",  # safe in WAL mode, and one flush less for each transaction
    "transaction_mode": "IMMEDIATE",  # takes the write lock at the beginning, so that the wait above applies
}
