# What scan needs to know of sklearn.

