# What scan needs to know of django.db.models.query.
from django.db.models import QuerySet as QuerySet
