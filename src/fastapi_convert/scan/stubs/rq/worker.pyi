# What scan needs to know of rq.worker.
from rq import (
    SimpleWorker as SimpleWorker,
    Worker as Worker,
)
