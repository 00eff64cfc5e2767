# What scan needs to know of git.repo.
from git import Repo as Repo
