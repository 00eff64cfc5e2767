# What scan needs to know of pexpect.pxssh.
from pexpect import spawn

class pxssh(spawn): ...
