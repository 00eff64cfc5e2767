# What scan needs to know of rq.job.
from typing import Any

class Job:
    @classmethod
    def fetch(cls, *args: Any, **kw: Any) -> Job: ...
    @classmethod
    def fetch_many(cls, *args: Any, **kw: Any) -> list[Job]: ...
