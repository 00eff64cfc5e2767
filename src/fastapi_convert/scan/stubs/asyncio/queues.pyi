# What scan needs to know of asyncio.queues.
from asyncio import LifoQueue as LifoQueue
from asyncio import PriorityQueue as PriorityQueue
from asyncio import Queue as Queue
