from .api import TaskSerializer

urlpatterns = []
