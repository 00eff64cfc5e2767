# What scan needs to know of concurrent.futures.thread.
from concurrent.futures import ThreadPoolExecutor as ThreadPoolExecutor
