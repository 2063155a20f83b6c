from django.db import connection, transaction
from django.views.generic import View

from .models import Task


class TaskView(View):
    queryset = Task.objects.select_related().all()

    def get(self, request):
        return list(self.queryset)


@transaction.atomic
def count(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM shop_task")
