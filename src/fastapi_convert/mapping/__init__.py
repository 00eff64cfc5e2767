"""The mapping: which names of which libraries block the thread that calls them, and what to use instead.

It is data, and the one place for it: `scan` finds by it, `watch` names the cure by it, and the reference in the
documentation is made from it. A row is a `Blocking`; rows of a kind share a `Category`, whose code a finding bears.

Examples:
    >>> from fastapi_convert.mapping import TABLE
    >>> row = TABLE.lookup("time.sleep")
    >>> row.category.code, row.category.title, row.replacement
    ('FC101', 'sleeps', 'asyncio.sleep')
    >>> TABLE.lookup("redis.Redis.get").replacement
    'redis.asyncio.Redis.get'
    >>> TABLE.lookup("math.sqrt") is None
    True
"""

from __future__ import annotations

from typing import Final

from . import (
    _computing,
    _conversions,
    _document_stores,
    _documents,
    _files,
    _http,
    _learning,
    _local_models,
    _mail,
    _metadata,
    _network,
    _orms,
    _processes,
    _queues,
    _redis,
    _sdks_agents,
    _sdks_ai,
    _sdks_chains,
    _sdks_cloud,
    _sdks_payments,
    _sdks_platforms,
    _sdks_services,
    _search_engines,
    _sites,
    _sockets,
    _sql_drivers,
    _sqlalchemy,
    _waiting,
)
from ._categories import CATEGORIES
from ._model import Blocking, Category, How, Level, Table, Unless

__all__ = ("CATEGORIES", "TABLE", "Blocking", "Category", "How", "Level", "Table", "Unless")

# As a page shows them: what any application does comes first, services and what computes last.
TABLE: Final = Table(
    (
        *_waiting.ROWS,
        *_http.ROWS,
        *_files.ROWS,
        *_metadata.ROWS,
        *_processes.ROWS,
        *_sockets.ROWS,
        *_sqlalchemy.ROWS,
        *_sql_drivers.ROWS,
        *_orms.ROWS,
        *_redis.ROWS,
        *_document_stores.ROWS,
        *_search_engines.ROWS,
        *_network.ROWS,
        *_mail.ROWS,
        *_queues.ROWS,
        *_sdks_ai.ROWS,
        *_sdks_chains.ROWS,
        *_sdks_agents.ROWS,
        *_sdks_cloud.ROWS,
        *_sdks_payments.ROWS,
        *_sdks_services.ROWS,
        *_sdks_platforms.ROWS,
        *_sites.ROWS,
        *_computing.ROWS,
        *_documents.ROWS,
        *_conversions.ROWS,
        *_learning.ROWS,
        *_local_models.ROWS,
    )
)
