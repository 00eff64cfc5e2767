# What scan needs to know of web3.eth.
from typing import Any

from web3.contract.contract import Contract

class Eth:
    def contract(self, *args: Any, **kw: Any) -> Contract: ...
