"""The same job with each of the others, through what they offer to everybody.

Each module has `submit(number, seconds)`, a coroutine function or a plain one, and `opened()` where something has to be
opened before and closed after. It is imported by the process that submits and by the worker.
"""
