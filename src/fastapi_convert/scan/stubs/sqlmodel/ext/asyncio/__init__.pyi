# What scan needs to know of sqlmodel.ext.asyncio.
