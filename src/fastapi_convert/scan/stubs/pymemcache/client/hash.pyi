# What scan needs to know of pymemcache.client.hash.
from pymemcache import HashClient as HashClient
