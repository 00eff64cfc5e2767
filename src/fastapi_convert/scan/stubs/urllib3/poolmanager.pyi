# What scan needs to know of urllib3.poolmanager.
from urllib3 import (
    PoolManager as PoolManager,
    ProxyManager as ProxyManager,
    proxy_from_url as proxy_from_url,
)
