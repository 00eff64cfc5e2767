# What scan needs to know of pymemcache.client.
from pymemcache import (
    Client as Client,
    HashClient as HashClient,
    PooledClient as PooledClient,
)
