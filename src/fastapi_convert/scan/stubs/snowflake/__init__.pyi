# What scan needs to know of snowflake.
