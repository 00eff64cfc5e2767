# What scan needs to know of twilio.rest.verify.
from typing import Any

from twilio.rest.verify.v2.service import ServiceContext

class Verify:
    v2: V2
    def services(self, *args: Any, **kw: Any) -> ServiceContext: ...

class V2:
    def services(self, *args: Any, **kw: Any) -> ServiceContext: ...
