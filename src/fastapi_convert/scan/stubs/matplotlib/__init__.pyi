# What scan needs to know of matplotlib.
