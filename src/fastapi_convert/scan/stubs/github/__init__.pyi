# What scan needs to know of github.
from typing import Any

from github.Issue import Issue
from github.PaginatedList import PaginatedList
from github.Repository import Repository

class Github:
    def get_repo(self, *args: Any, **kw: Any) -> Repository: ...
    def search_repositories(self, *args: Any, **kw: Any) -> PaginatedList[Repository]: ...
    def search_issues(self, *args: Any, **kw: Any) -> PaginatedList[Issue]: ...
