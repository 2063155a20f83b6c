import os

from shop import context

INSTALLED_APPS = ["shop"]
TEMPLATES = [{"OPTIONS": {"context_processors": ["shop.context.tasks"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": int(os.environ.get("WAIT", 20))}}}
