from django.urls import path
from django.views.generic import ListView

from .models import Task
from .views import TaskView, count

urlpatterns = [
    path("", ListView.as_view(queryset=Task.objects.all())),
    path("all", TaskView.as_view()),
    path("count", count),
]
