from django.apps import AppConfig


class Quiet(AppConfig):
    def ready(self):
        self.load()

    def load(self):
        pass
