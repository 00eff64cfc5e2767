# What scan needs to know of git.cmd.
from git import Git as Git
