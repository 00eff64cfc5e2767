# What scan needs to know of pg8000.
from pg8000.dbapi import connect as connect
