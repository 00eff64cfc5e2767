# What scan needs to know of web3.
from web3.eth import Eth

class Web3:
    eth: Eth

class AsyncWeb3: ...
