# What scan needs to know of multiprocessing.synchronize.
from multiprocessing import BoundedSemaphore as BoundedSemaphore
from multiprocessing import Condition as Condition
from multiprocessing import Event as Event
from multiprocessing import Lock as Lock
from multiprocessing import RLock as RLock
from multiprocessing import Semaphore as Semaphore
