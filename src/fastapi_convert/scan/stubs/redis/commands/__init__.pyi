# What scan needs to know of redis.commands.
