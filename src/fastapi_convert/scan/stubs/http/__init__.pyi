# What scan needs to know of http.

