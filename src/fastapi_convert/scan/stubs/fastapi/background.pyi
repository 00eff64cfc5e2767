# What scan needs to know of fastapi.background.
from starlette.background import BackgroundTasks as BackgroundTasks
