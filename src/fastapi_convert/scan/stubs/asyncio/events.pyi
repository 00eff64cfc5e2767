# What scan needs to know of asyncio.events.
from asyncio import AbstractEventLoop as AbstractEventLoop
from asyncio import get_event_loop as get_event_loop
from asyncio import get_running_loop as get_running_loop
from asyncio import new_event_loop as new_event_loop
