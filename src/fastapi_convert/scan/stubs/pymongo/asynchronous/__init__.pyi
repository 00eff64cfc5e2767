# What scan needs to know of pymongo.asynchronous.
