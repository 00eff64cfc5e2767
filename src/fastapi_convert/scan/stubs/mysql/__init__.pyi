# What scan needs to know of mysql.
