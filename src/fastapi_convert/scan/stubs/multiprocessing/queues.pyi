# What scan needs to know of multiprocessing.queues.
from multiprocessing import JoinableQueue as JoinableQueue
from multiprocessing import Queue as Queue
from multiprocessing import SimpleQueue as SimpleQueue
