# What scan needs to know of urllib3.connectionpool.
from urllib3 import (
    HTTPConnectionPool as HTTPConnectionPool,
    HTTPSConnectionPool as HTTPSConnectionPool,
)
