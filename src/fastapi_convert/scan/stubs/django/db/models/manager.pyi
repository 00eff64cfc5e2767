# What scan needs to know of django.db.models.manager.
from django.db.models import Manager as Manager
