# What scan needs to know of rq.queue.
from rq import Queue as Queue
