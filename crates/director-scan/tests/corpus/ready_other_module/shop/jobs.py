from .models import Task


def schedule():
    return _pending().count()


def _pending():
    return Task.objects.filter(enabled=True)
