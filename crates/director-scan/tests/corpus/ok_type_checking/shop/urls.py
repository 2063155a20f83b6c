import typing

from .models import Task

urlpatterns = []

if typing.TYPE_CHECKING:
    FIRST = Task.objects.first()

if __name__ == "__main__":
    print(Task.objects.count())
