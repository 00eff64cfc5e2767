# What scan needs to know of selenium.webdriver.remote.webdriver.
from typing import Any, Self

class WebDriver:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
