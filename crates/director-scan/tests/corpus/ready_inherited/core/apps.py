from .config import Quiet


class LoadingConfig(Quiet):
    name = "core"

    def ready(self):
        super().ready()
