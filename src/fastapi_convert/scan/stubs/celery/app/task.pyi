# What scan needs to know of celery.app.task.
from celery import Task as Task
