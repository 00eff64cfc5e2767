"""Jobs: 202 means it runs. Functions that take minutes, durable on one machine without a server."""

from __future__ import annotations

from .functions import JobFunction
from .handles import Job
from .model import JobEvent, JobState
from .progress import Progress
from .retries import Retry
from .service import Jobs, JobsStats
from .statuses import JobStatus

__all__ = ("Job", "JobEvent", "JobFunction", "JobState", "JobStatus", "Jobs", "JobsStats", "Progress", "Retry")
