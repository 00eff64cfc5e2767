# What scan needs to know of ldap.
from typing import Any

from ldap.ldapobject import LDAPObject

def initialize(*args: Any, **kw: Any) -> LDAPObject: ...
