from .models import Task

NAMES = list(Task.objects.values_list("name", flat=True))
