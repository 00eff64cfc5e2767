# What scan needs to know of django.
