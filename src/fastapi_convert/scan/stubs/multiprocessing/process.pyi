# What scan needs to know of multiprocessing.process.
from multiprocessing import Process as BaseProcess
