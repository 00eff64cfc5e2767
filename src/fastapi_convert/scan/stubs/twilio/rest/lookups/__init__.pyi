# What scan needs to know of twilio.rest.lookups.
from typing import Any

from twilio.rest.lookups.v2.phone_number import PhoneNumberContext

class Lookups:
    v2: V2

class V2:
    def phone_numbers(self, *args: Any, **kw: Any) -> PhoneNumberContext: ...
