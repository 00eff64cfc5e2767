# What scan needs to know of pynamodb.
