from shop.models import Task

ALL = list(Task.objects.all())
