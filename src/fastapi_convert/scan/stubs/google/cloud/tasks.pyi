# What scan needs to know of google.cloud.tasks.
from google.cloud.tasks_v2 import (
    CloudTasksAsyncClient as CloudTasksAsyncClient,
    CloudTasksClient as CloudTasksClient,
)
