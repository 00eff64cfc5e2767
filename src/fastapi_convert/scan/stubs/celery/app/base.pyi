# What scan needs to know of celery.app.base.
from celery import Celery as Celery
