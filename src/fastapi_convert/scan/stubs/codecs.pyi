# What scan needs to know of codecs.
from io import TextIOWrapper

def open(filename, mode="r", *args, **kw) -> TextIOWrapper: ...
