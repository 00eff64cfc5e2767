# What scan needs to know of asgiref.
