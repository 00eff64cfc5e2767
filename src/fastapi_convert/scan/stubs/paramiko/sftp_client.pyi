# What scan needs to know of paramiko.sftp_client.
from paramiko import SFTPClient as SFTPClient
