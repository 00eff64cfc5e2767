# What scan needs to know of pika.adapters.
from pika import BlockingConnection as BlockingConnection
