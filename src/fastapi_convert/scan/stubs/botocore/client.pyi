# What scan needs to know of botocore.client.
from typing import Any

from botocore.paginate import Paginator
from botocore.waiter import Waiter

class BaseClient:
    def get_paginator(self, *args: Any, **kw: Any) -> Paginator: ...
    def get_waiter(self, *args: Any, **kw: Any) -> Waiter: ...
