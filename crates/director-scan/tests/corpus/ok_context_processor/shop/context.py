def tasks(request):
    from .models import Task

    return {"tasks": list(Task.objects.all())}
