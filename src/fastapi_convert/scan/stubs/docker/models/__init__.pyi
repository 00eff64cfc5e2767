# What scan needs to know of docker.models.

