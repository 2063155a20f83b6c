from django import forms

from .models import Task


class TaskForm(forms.Form):
    task = forms.ModelChoiceField(queryset=Task.objects.filter(enabled=True))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["task"].choices = list(Task.objects.all())
