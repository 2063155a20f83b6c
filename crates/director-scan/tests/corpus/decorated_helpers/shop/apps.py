from django.apps import AppConfig
import contextlib
import functools


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        work()
        self.count
        with opened():
            pass

    @property
    def count(self):
        return self.get_model("Task").objects.count()


def quiet(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception:
            return None

    return wrapper


@quiet
def work():
    from .models import Task

    Task.objects.create(name="w")


@contextlib.contextmanager
def opened():
    from .models import Task

    yield Task.objects.first()
