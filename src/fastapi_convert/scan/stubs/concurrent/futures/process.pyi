# What scan needs to know of concurrent.futures.process.
from concurrent.futures import ProcessPoolExecutor as ProcessPoolExecutor
