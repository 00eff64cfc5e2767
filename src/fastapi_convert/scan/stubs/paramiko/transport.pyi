# What scan needs to know of paramiko.transport.
from paramiko import Transport as Transport
