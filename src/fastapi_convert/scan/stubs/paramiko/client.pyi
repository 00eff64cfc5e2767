# What scan needs to know of paramiko.client.
from paramiko import SSHClient as SSHClient
