from django.urls import path

from shop.models import Task
from shop.views import page

urlpatterns = [path(task.name, page) for task in Task.objects.all()]
