"""The apps as people write them: they call the legacy functions from `async def`, and block the event loop."""
