# What scan needs to know of redis.asyncio.cluster.
from redis.asyncio import RedisCluster as RedisCluster
