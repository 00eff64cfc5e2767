# What scan needs to know of fabric.connection.
from fabric import Connection as Connection
