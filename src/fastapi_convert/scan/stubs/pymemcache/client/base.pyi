# What scan needs to know of pymemcache.client.base.
from pymemcache import (
    Client as Client,
    PooledClient as PooledClient,
)
