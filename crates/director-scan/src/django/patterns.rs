//! The two ways out that are printed with findings. Neither of them looks at `sys.argv`.

/// The work is done by the first request.
pub const FIRST_REQUEST: &str = r#"from threading import Lock

from django.apps import AppConfig
from django.core.signals import request_started


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        self._lock = Lock()
        request_started.connect(self._on_first_request, dispatch_uid="shop.set_up")

    def _on_first_request(self, sender, **kwargs):
        # Requests arrive on several threads; only the one that disconnects the signal does the work.
        with self._lock:
            first = request_started.disconnect(dispatch_uid="shop.set_up")
        if first:
            self.set_up()

    def set_up(self):
        from .models import Schedule

        for schedule in Schedule.objects.filter(enabled=True):
            schedule.register()
"#;

/// The work is a command of its own, which runs once before the server does.
pub const MANAGEMENT_COMMAND: &str = r#"# shop/management/commands/set_up.py
from django.core.management.base import BaseCommand

from shop.models import Schedule


class Command(BaseCommand):
    help = "Registers the schedules."

    def handle(self, *args, **options):
        for schedule in Schedule.objects.filter(enabled=True):
            schedule.register()

# director.toml
[service.set-up]
kind = "oneshot"
command = ["python", "manage.py", "set_up"]

[service.web]
command = ["python", "-m", "uvicorn", "shop.asgi:application", "--port", "8004"]
requires = ["set-up"]
"#;
