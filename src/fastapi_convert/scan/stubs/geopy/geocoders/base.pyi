# What scan needs to know of geopy.geocoders.base.
from typing import Any, Self

class Geocoder:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
