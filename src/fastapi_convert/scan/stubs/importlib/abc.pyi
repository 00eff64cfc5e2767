# What scan needs to know of importlib.abc.
from importlib.resources.abc import Traversable as Traversable
