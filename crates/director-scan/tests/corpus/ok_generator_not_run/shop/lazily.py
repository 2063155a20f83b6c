from .models import Task


def names():
    for task in Task.objects.all():
        yield task.name


async def load():
    return await Task.objects.acount()


def one(number):
    return Task.objects.get(pk=number)
