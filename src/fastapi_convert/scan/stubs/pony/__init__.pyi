# What scan needs to know of pony.
