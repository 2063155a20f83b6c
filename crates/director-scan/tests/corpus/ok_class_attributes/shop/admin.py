from .managers import QuickManager
from .models import Task


class View:
    queryset = Task.objects.all()
    fallback = Task.objects.none()
    manager = QuickManager()
    both = Task.objects.all() & Task.objects.filter(enabled=True)
