# What scan needs to know of playhouse.
