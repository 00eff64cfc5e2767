"""Key-value stores over the network: Redis, Valkey and Memcached."""

from __future__ import annotations

from functools import partial

from ._categories import DATABASE, QUEUES
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_REDIS = "redis.Redis()"
_NOTE = "One client, opened in the lifespan. aioredis and asyncio-redis are dead: redis.asyncio took their place."
_PIPELINE = "Commands only queue, and are not awaited; `execute` is."
_LOCK = "`async with client.lock(...)` waits without the thread."
_POPS = "Waits until something comes or the timeout is over; 0 is for ever."
_PUBSUB = "`async for message in pubsub.listen()`, in a task of the lifespan."

# Grouped as Redis groups its commands. What a server's operator types (acl_*, module_*, debug_*) is left out.
_KEYS = (
    "copy delete dump exists expire expireat expiretime keys move object persist pexpire pexpireat pexpiretime pttl "
    "randomkey rename renamenx restore scan scan_iter sort sort_ro touch ttl type unlink"
)
_STRINGS = (
    "append bitcount bitfield bitop bitpos decr decrby get getbit getdel getex getrange getset incr incrby incrbyfloat "
    "lcs mget mset msetnx psetex set setbit setex setnx setrange strlen substr"
)
_HASHES = (
    "hdel hexists hget hgetall hincrby hincrbyfloat hkeys hlen hmget hmset hrandfield hscan hscan_iter hset hsetnx "
    "hstrlen hvals"
)
_FIELDS = "hexpire hexpireat hgetdel hgetex hpersist hpexpire hpttl hsetex httl"
_LISTS = "lindex linsert llen lmove lmpop lpop lpos lpush lpushx lrange lrem lset ltrim rpop rpoplpush rpush rpushx"
_SETS = (
    "sadd scard sdiff sdiffstore sinter sintercard sinterstore sismember smembers smismember smove spop srandmember "
    "srem sscan sscan_iter sunion sunionstore"
)
_SORTED = (
    "zadd zcard zcount zdiff zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin "
    "zrandmember zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank "
    "zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscan_iter zscore zunion zunionstore"
)
_STREAMS = (
    "xack xadd xautoclaim xclaim xdel xgroup_create xgroup_createconsumer xgroup_delconsumer xgroup_destroy "
    "xgroup_setid xinfo_consumers xinfo_groups xinfo_stream xlen xpending xpending_range xrange xrevrange xtrim"
)
_GEO = "geoadd geodist geohash geopos georadius georadiusbymember geosearch geosearchstore pfadd pfcount pfmerge"
_SERVER = (
    "bgsave client_list config_get config_set dbsize echo eval eval_ro evalsha evalsha_ro execute_command fcall "
    "fcall_ro flushall flushdb info lastsave ping pubsub_channels pubsub_numpat pubsub_numsub save script_exists "
    "script_flush script_load select slowlog_get swapdb time"
)
# Of Valkey's commands, which are the same, those that most programs use.
_USUAL = (
    "decr decrby delete eval evalsha execute_command exists expire expireat flushall flushdb get getdel getex getset "
    "hdel hexists hget hgetall hincrby hkeys hlen hmget hset hsetnx hvals incr incrby info keys lindex llen lpop lpush "
    "lrange lrem ltrim mget mset persist pexpire ping pttl rename rpop rpush sadd scan scan_iter scard script_load set "
    "setex setnx sinter sismember smembers spop srem strlen sunion touch ttl type unlink xack xadd xdel xgroup_create "
    "xlen xrange xtrim zadd zcard zcount zincrby zrange zrangebyscore zrank zrem zremrangebyscore zrevrange zscore"
)
_WAITING = "blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait xread xreadgroup"

_redis = partial(_rows, "redis.Redis", construct=_REDIS)
_COMMANDS = (
    *_redis(
        f"{_KEYS} {_STRINGS} {_HASHES} {_FIELDS} {_LISTS} {_SETS} {_SORTED} {_STREAMS} {_GEO} {_SERVER}",
        "redis.asyncio.Redis.*",
        arguments='"name"',
        note=_NOTE,
    ),
    *_redis(_WAITING, "redis.asyncio.Redis.*", arguments='"name"', note=_POPS),
    *_redis("publish spublish", "redis.asyncio.Redis.*", arguments='"channel", "message"', category=QUEUES, note=_NOTE),
    *_redis("transaction", "redis.asyncio.Redis.*", arguments="function", note=_PIPELINE),
    *_redis("close", "redis.asyncio.Redis.aclose", level="all"),
)

_PARTS = (
    *_rows(
        "redis.client.Pipeline",
        "execute",
        "redis.asyncio.client.Pipeline.*",
        construct=f"{_REDIS}.pipeline()",
        note=_PIPELINE,
    ),
    *_rows(
        "redis.client.Pipeline",
        "watch",
        "redis.asyncio.client.Pipeline.*",
        construct=f"{_REDIS}.pipeline()",
        arguments='"name"',
        note="Sent at once, and what follows it too, until `multi`.",
    ),
    *_rows(
        "redis.client.Pipeline",
        "unwatch",
        "redis.asyncio.client.Pipeline.*",
        level="warn",
        construct=f"{_REDIS}.pipeline()",
    ),
    *_rows(
        "redis.client.PubSub",
        "listen",
        "redis.asyncio.client.PubSub.*",
        category=QUEUES,
        construct=f"{_REDIS}.pubsub()",
        note=_PUBSUB,
    ),
    *_rows(
        "redis.client.PubSub",
        "get_message",
        "redis.asyncio.client.PubSub.*",
        category=QUEUES,
        construct=f"{_REDIS}.pubsub()",
        level="warn",
        note="Waits for `timeout` seconds, by default not at all.",
    ),
    *_rows(
        "redis.client.PubSub",
        "subscribe psubscribe unsubscribe punsubscribe",
        "redis.asyncio.client.PubSub.*",
        category=QUEUES,
        construct=f"{_REDIS}.pubsub()",
        arguments='"channel"',
        level="warn",
        note="Connects if it must, and sends; the answer is a message.",
    ),
    *_rows("redis.lock.Lock", "acquire", "redis.asyncio.lock.Lock.*", construct=f'{_REDIS}.lock("name")', note=_LOCK),
    *_rows("redis.lock.Lock", "__enter__", "redis.asyncio.lock.Lock", construct=f'{_REDIS}.lock("name")', note=_LOCK),
    *_rows(
        "redis.lock.Lock",
        "release locked owned reacquire",
        "redis.asyncio.lock.Lock.*",
        construct=f'{_REDIS}.lock("name")',
    ),
    *_rows(
        "redis.lock.Lock", "extend", "redis.asyncio.lock.Lock.*", construct=f'{_REDIS}.lock("name")', arguments="10"
    ),
    *_rows(
        "redis.sentinel.Sentinel",
        "discover_master discover_slaves",
        "redis.asyncio.sentinel.Sentinel.*",
        construct='redis.sentinel.Sentinel([("localhost", 26379)])',
        arguments='"mymaster"',
    ),
    *_rows(
        "redis.commands.json.JSON",
        "arrappend arrindex arrinsert arrlen arrpop arrtrim clear delete get merge mget "
        "mset numincrby objkeys objlen set strappend strlen toggle type",
        "redis.commands.json.AsyncJSON.*",
        construct=f"{_REDIS}.json()",
        arguments='"name"',
        note=_NOTE,
    ),
    *_rows(
        "redis.commands.search.Search",
        "aggregate create_index dropindex explain info search sugadd sugget",
        "redis.commands.search.AsyncSearch.*",
        construct=f"{_REDIS}.ft()",
        arguments='"query"',
        note=_NOTE,
    ),
)

_VALKEY = (
    *_rows(
        "valkey.Valkey",
        _USUAL,
        "valkey.asyncio.Valkey.*",
        construct="valkey.Valkey()",
        arguments='"name"',
    ),
    *_rows(
        "valkey.Valkey",
        _WAITING,
        "valkey.asyncio.Valkey.*",
        construct="valkey.Valkey()",
        arguments='"name"',
        note=_POPS,
    ),
    *_rows(
        "valkey.Valkey",
        "publish",
        "valkey.asyncio.Valkey.*",
        construct="valkey.Valkey()",
        arguments='"channel", "message"',
        category=QUEUES,
    ),
    *_rows(
        "valkey.client.Pipeline",
        "execute",
        "valkey.asyncio.client.Pipeline.*",
        construct="valkey.Valkey().pipeline()",
        note=_PIPELINE,
    ),
    *_rows(
        "valkey.client.PubSub",
        "listen",
        "valkey.asyncio.client.PubSub.*",
        category=QUEUES,
        construct="valkey.Valkey().pubsub()",
        note=_PUBSUB,
    ),
    *_rows(
        "valkey.lock.Lock",
        "acquire",
        "valkey.asyncio.lock.Lock.*",
        construct='valkey.Valkey().lock("name")',
        note=_LOCK,
    ),
    *_rows(
        "valkey.lock.Lock",
        "__enter__",
        "valkey.asyncio.lock.Lock",
        construct='valkey.Valkey().lock("name")',
        note=_LOCK,
    ),
    *_rows(
        "valkey.lock.Lock", "release extend", "valkey.asyncio.lock.Lock.*", construct='valkey.Valkey().lock("name")'
    ),
)

_MEMCACHED = (
    *_rows(
        "pymemcache.Client",
        "add append cas decr delete flush_all get gets incr prepend replace set stats touch",
        "aiomcache.Client.*",
        construct='pymemcache.Client("localhost")',
        arguments='"name"',
        note="aiomcache takes keys and values as bytes.",
    ),
    *_rows(
        "pymemcache.Client",
        "get_many get_multi",
        "aiomcache.Client.multi_get",
        arguments='["name"]',
        construct='pymemcache.Client("localhost")',
        note="aiomcache takes keys and values as bytes.",
    ),
    *_rows(
        "pymemcache.Client",
        "delete_many delete_multi gets_many set_many set_multi",
        construct='pymemcache.Client("localhost")',
        arguments='["name"]',
    ),
    *_rows(
        "pylibmc.Client",
        "add append cas decr delete flush_all get gets incr prepend replace set touch",
        "aiomcache.Client.*",
        construct='pylibmc.Client(["localhost"])',
        arguments='"name"',
        note="aiomcache takes keys and values as bytes.",
    ),
    *_rows(
        "pylibmc.Client",
        "get_multi",
        "aiomcache.Client.multi_get",
        arguments='["name"]',
        construct='pylibmc.Client(["localhost"])',
        note="aiomcache takes keys and values as bytes.",
    ),
    *_rows(
        "pylibmc.Client",
        "add_multi delete_multi get_stats incr_multi set_multi",
        construct='pylibmc.Client(["localhost"])',
        arguments='["name"]',
    ),
)

ROWS: tuple[Blocking, ...] = (*_COMMANDS, *_PARTS, *_VALKEY, *_MEMCACHED)
