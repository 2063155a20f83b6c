from django.apps import AppConfig
import threading


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        threading.Thread(target=self.work, daemon=True).start()
        timer = threading.Timer(5, clean)
        timer.start()
        Watcher().start()

    def work(self):
        from .models import Task

        while True:
            Task.objects.count()


def clean():
    from .models import Task

    Task.objects.all().delete()


class Watcher(threading.Thread):
    def run(self):
        from .models import Task

        Task.objects.first()
