# What scan needs to know of git.remote.
from git import Remote as Remote
