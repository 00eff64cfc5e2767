# What scan needs to know of web3.contract.contract.
from collections.abc import Callable

class Contract:
    functions: ContractFunctions

class ContractFunctions:
    def __getattr__(self, name: str) -> Callable[..., ContractFunction]: ...
    def __getitem__(self, name: str) -> Callable[..., ContractFunction]: ...

class ContractFunction: ...
