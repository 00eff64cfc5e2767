# What scan needs to know of fastapi.concurrency.
from starlette.concurrency import (
    iterate_in_threadpool as iterate_in_threadpool,
    run_in_threadpool as run_in_threadpool,
    run_until_first_complete as run_until_first_complete,
)
