# What scan needs to know of tensorflow.

