# What scan needs to know of kombu.messaging.
from kombu import Producer as Producer
