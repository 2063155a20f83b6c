def count(name):
    from .models import Task

    return Task.objects.filter(name=name).count()


def one():
    return None


def two():
    from .models import Task

    return Task.objects.earliest("pk")


async def later():
    from .models import Task

    await Task.objects.acount()
    async for task in Task.objects.all():
        pass
