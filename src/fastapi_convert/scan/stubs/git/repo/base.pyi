# What scan needs to know of git.repo.base.
from git import Repo as Repo
