"""SQLAlchemy, and what is built on it: SQLModel, Alembic, pagination and the tools around them."""

from __future__ import annotations

from functools import partial

from ._categories import DATABASE
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_ASYNC = "sqlalchemy.ext.asyncio"
_ASYNC_SESSION = f"{_ASYNC}.AsyncSession"
_ASYNC_CONNECTION = f"{_ASYNC}.AsyncConnection"
_RUN_SYNC = f"{_ASYNC_CONNECTION}.run_sync"
_ENGINE = 'sqlalchemy.create_engine("sqlite://")'
_CONNECTION = f"{_ENGINE}.connect()"
_SESSION = "sqlalchemy.orm.Session()"
_STATEMENT = 'sqlalchemy.text("SELECT 1")'
_QUERY = f"{_SESSION}.query(User)"
_RESULT = f"{_SESSION}.execute({_STATEMENT})"

_LAZY = "Lazy loading fails on an AsyncSession: load relationships eagerly, with `selectinload` or `joinedload`."
_LEGACY = "AsyncSession has no `query`: write `select(...)`, and load relationships eagerly."
_BULK = "`await session.run_sync(...)` runs the old call; new code passes a list of rows to `insert(...)`."
_DDL = "`await connection.run_sync(metadata.create_all)`: the function is passed, not called."
_INSPECT = "`await connection.run_sync(lambda c: inspect(c).get_table_names())`."
_BUFFERED = "Usually the rows have arrived with `execute`; only a result that streams fetches them here."
_AT_EXIT = "Leaving the block commits."

_session = partial(_rows, "sqlalchemy.orm.Session", construct=_SESSION)
_query = partial(_rows, "sqlalchemy.orm.Query", construct=_QUERY, note=_LEGACY)
_connection = partial(_rows, "sqlalchemy.engine.Connection", construct=_CONNECTION)

_SESSIONS = (
    *_session("execute scalar scalars", f"{_ASYNC_SESSION}.*", arguments=_STATEMENT, note=_LAZY),
    *_session("get get_one", f"{_ASYNC_SESSION}.*", arguments="User, 1", note=_LAZY),
    *_session(
        "commit",
        f"{_ASYNC_SESSION}.*",
        note="Build the AsyncSession with `expire_on_commit=False`, or attributes cannot be read afterwards.",
    ),
    *_session("flush connection begin_nested", f"{_ASYNC_SESSION}.*"),
    *_session("prepare", f"{_ASYNC_SESSION}.run_sync"),
    *_session("refresh", f"{_ASYNC_SESSION}.*", arguments="user"),
    *_session("bulk_save_objects", f"{_ASYNC_SESSION}.run_sync", arguments="[]", note=_BULK),
    *_session(
        "bulk_insert_mappings bulk_update_mappings", f"{_ASYNC_SESSION}.run_sync", arguments="User, []", note=_BULK
    ),
    *_session(
        "merge",
        f"{_ASYNC_SESSION}.*",
        arguments="user",
        level="warn",
        note="Loads what it merges into, unless the session has it.",
    ),
    *_session(
        "merge_all",
        f"{_ASYNC_SESSION}.*",
        arguments="[user]",
        level="warn",
        note="Loads what it merges into, unless the session has it.",
    ),
    *_session(
        "delete",
        f"{_ASYNC_SESSION}.*",
        arguments="user",
        level="warn",
        note="Loads the relationships that it cascades to. A coroutine on AsyncSession: await it.",
    ),
    *_session(
        "delete_all",
        f"{_ASYNC_SESSION}.*",
        arguments="[user]",
        level="warn",
        note="Loads the relationships that it cascades to. A coroutine on AsyncSession: await it.",
    ),
    *_session("rollback", f"{_ASYNC_SESSION}.*", level="warn"),
    *_session("close reset invalidate", f"{_ASYNC_SESSION}.*", level="all"),
    *_session("__exit__", _ASYNC_SESSION, level="all", note="Leaving the block closes the session."),
    *_rows(
        "sqlalchemy.orm.scoped_session",
        "remove",
        f"{_ASYNC}.async_scoped_session.remove",
        level="all",
        construct="sqlalchemy.orm.scoped_session(sqlalchemy.orm.sessionmaker())",
    ),
    *_rows(
        "sqlalchemy.orm.sessionmaker",
        "begin",
        f"{_ASYNC}.async_sessionmaker.begin",
        construct="sqlalchemy.orm.sessionmaker()",
        note=_AT_EXIT,
    ),
    *_rows("sqlalchemy.orm", "close_all_sessions", f"{_ASYNC}.close_all_sessions", level="all"),
    *_rows(
        "sqlalchemy.orm.SessionTransaction",
        "commit",
        f"{_ASYNC}.AsyncSessionTransaction.*",
        construct=f"{_SESSION}.begin()",
    ),
    *_rows(
        "sqlalchemy.orm.SessionTransaction", "prepare", f"{_ASYNC_SESSION}.run_sync", construct=f"{_SESSION}.begin()"
    ),
    *_rows(
        "sqlalchemy.orm.SessionTransaction",
        "rollback",
        f"{_ASYNC}.AsyncSessionTransaction.*",
        level="warn",
        construct=f"{_SESSION}.begin()",
    ),
    *_rows(
        "sqlalchemy.orm.SessionTransaction",
        "__exit__",
        f"{_ASYNC}.AsyncSessionTransaction",
        construct=f"{_SESSION}.begin()",
        note=_AT_EXIT,
    ),
)

_QUERIES = (
    *_query("all __iter__ one one_or_none values", f"{_ASYNC_SESSION}.scalars"),
    *_query("first scalar count value", f"{_ASYNC_SESSION}.scalar"),
    *_query("get", f"{_ASYNC_SESSION}.get", arguments="1"),
    *_query("delete", f"{_ASYNC_SESSION}.execute"),
    *_query("update", f"{_ASYNC_SESSION}.execute", arguments="{}"),
)

_ENGINES = (
    *_rows("sqlalchemy.engine.Engine", "connect begin raw_connection", f"{_ASYNC}.AsyncEngine.*", construct=_ENGINE),
    *_rows("sqlalchemy.engine.Engine", "dispose", f"{_ASYNC}.AsyncEngine.*", construct=_ENGINE, level="warn"),
    *_rows(
        "sqlalchemy.engine.Engine",
        "execute scalar",
        f"{_ASYNC_CONNECTION}.*",
        construct=_ENGINE,
        arguments='"SELECT 1"',
        note="Gone in SQLAlchemy 2.0: `async with engine.connect() as connection`.",
    ),
    *_connection("execute scalar scalars", f"{_ASYNC_CONNECTION}.*", arguments=_STATEMENT),
    *_connection("exec_driver_sql", f"{_ASYNC_CONNECTION}.*", arguments='"SELECT 1"'),
    *_connection("commit begin_nested", f"{_ASYNC_CONNECTION}.*"),
    *_connection("begin_twophase", _RUN_SYNC),
    *_connection("rollback", f"{_ASYNC_CONNECTION}.*", level="warn"),
    *_connection("begin close invalidate", f"{_ASYNC_CONNECTION}.*", level="all"),
    *_connection(
        "__exit__",
        _ASYNC_CONNECTION,
        level="all",
        note="Leaving the block gives the connection back, which rolls back what was not committed.",
    ),
    *_rows(
        "sqlalchemy.engine.Transaction", "commit", f"{_ASYNC}.AsyncTransaction.*", construct=f"{_CONNECTION}.begin()"
    ),
    *_rows(
        "sqlalchemy.engine.Transaction",
        "rollback close",
        f"{_ASYNC}.AsyncTransaction.*",
        level="warn",
        construct=f"{_CONNECTION}.begin()",
    ),
    *_rows(
        "sqlalchemy.engine.Transaction",
        "__exit__",
        f"{_ASYNC}.AsyncTransaction",
        construct=f"{_CONNECTION}.begin()",
        note=_AT_EXIT,
    ),
    *_rows("sqlalchemy.pool.PoolProxiedConnection", "commit", construct=f"{_ENGINE}.raw_connection()"),
    *_rows("sqlalchemy.pool.PoolProxiedConnection", "rollback", construct=f"{_ENGINE}.raw_connection()", level="warn"),
    *_rows(
        "sqlalchemy.engine.interfaces.DBAPICursor",
        "execute callproc",
        arguments='"SELECT 1"',
        construct=f"{_ENGINE}.raw_connection().cursor()",
    ),
    *_rows(
        "sqlalchemy.engine.interfaces.DBAPICursor",
        "executemany",
        arguments='"SELECT 1", []',
        construct=f"{_ENGINE}.raw_connection().cursor()",
    ),
    *_rows(
        "sqlalchemy.engine.interfaces.DBAPICursor",
        "fetchall fetchmany fetchone",
        level="all",
        note=_BUFFERED,
        construct=f"{_ENGINE}.raw_connection().cursor()",
    ),
)

_FETCHING = "all fetchall fetchmany first one one_or_none"
_RESULTS = (
    *_rows(
        "sqlalchemy.engine.Result",
        f"{_FETCHING} fetchone scalar scalar_one scalar_one_or_none",
        f"{_ASYNC}.AsyncResult.*",
        construct=_RESULT,
        level="all",
        note=_BUFFERED,
    ),
    *_rows(
        "sqlalchemy.engine.Result", "__iter__", f"{_ASYNC}.AsyncResult", construct=_RESULT, level="all", note=_BUFFERED
    ),
    *_rows(
        "sqlalchemy.engine.ScalarResult",
        _FETCHING,
        f"{_ASYNC}.AsyncScalarResult.*",
        level="all",
        note=_BUFFERED,
        construct=f"{_RESULT}.scalars()",
    ),
    *_rows(
        "sqlalchemy.engine.ScalarResult",
        "__iter__",
        f"{_ASYNC}.AsyncScalarResult",
        level="all",
        note=_BUFFERED,
        construct=f"{_RESULT}.scalars()",
    ),
    *_rows(
        "sqlalchemy.engine.MappingResult",
        f"{_FETCHING} fetchone",
        f"{_ASYNC}.AsyncMappingResult.*",
        level="all",
        note=_BUFFERED,
        construct=f"{_RESULT}.mappings()",
    ),
    *_rows(
        "sqlalchemy.engine.MappingResult",
        "__iter__",
        f"{_ASYNC}.AsyncMappingResult",
        level="all",
        note=_BUFFERED,
        construct=f"{_RESULT}.mappings()",
    ),
)

_SCHEMA = (
    *_rows(
        "sqlalchemy.MetaData",
        "create_all drop_all reflect",
        _RUN_SYNC,
        construct="sqlalchemy.MetaData()",
        arguments=_ENGINE,
        note=_DDL,
    ),
    *_rows(
        "sqlalchemy.Table",
        "create drop",
        _RUN_SYNC,
        arguments=_ENGINE,
        note=_DDL,
        construct='sqlalchemy.Table("users", sqlalchemy.MetaData())',
    ),
    *_rows(
        "sqlalchemy.engine.Inspector",
        "get_schema_names get_sorted_table_and_fkc_names get_table_names get_temp_table_names get_view_names",
        _RUN_SYNC,
        construct=f"sqlalchemy.inspect({_ENGINE})",
        note=_INSPECT,
    ),
    *_rows(
        "sqlalchemy.engine.Inspector",
        "get_columns get_foreign_keys get_indexes get_pk_constraint "
        "get_table_comment get_unique_constraints get_check_constraints has_table",
        _RUN_SYNC,
        construct=f"sqlalchemy.inspect({_ENGINE})",
        arguments='"users"',
        note=_INSPECT,
    ),
    *_rows(
        "sqlalchemy.engine.Inspector",
        "get_view_definition has_sequence has_schema",
        _RUN_SYNC,
        construct=f"sqlalchemy.inspect({_ENGINE})",
        arguments='"users"',
        note=_INSPECT,
    ),
    *_rows(
        "sqlalchemy.engine.Inspector",
        "has_index",
        _RUN_SYNC,
        construct=f"sqlalchemy.inspect({_ENGINE})",
        arguments='"users", "by_name"',
        note=_INSPECT,
    ),
    *_rows(
        "sqlalchemy.engine.Inspector",
        "reflect_table",
        _RUN_SYNC,
        construct=f"sqlalchemy.inspect({_ENGINE})",
        arguments="table, None",
        note=_INSPECT,
    ),
    *_rows(
        "sqlalchemy.ext.automap.AutomapBase",
        "prepare",
        _RUN_SYNC,
        level="warn",
        construct="sqlalchemy.ext.automap.automap_base()",
        arguments=f"autoload_with={_ENGINE}",
        note="Reads the tables of the database if it is given an engine. Do it before the loop starts.",
    ),
)

_MIGRATION = "Migrate before the server starts, or `offload`: env.py may run a loop of its own."
_TOOLS = (
    *_rows(
        "sqlmodel.Session",
        "exec",
        "sqlmodel.ext.asyncio.session.AsyncSession.exec",
        construct="sqlmodel.Session()",
        arguments="sqlmodel.select(User)",
        note=_LAZY,
    ),
    *_rows("alembic.command", "upgrade downgrade stamp merge show", arguments='config, "head"', note=_MIGRATION),
    *_rows("alembic.command", "check current ensure_version revision", arguments="config", note=_MIGRATION),
    *_rows(
        "alembic.command",
        "branches heads history",
        arguments="config",
        level="warn",
        note="Imports every file of the migrations.",
    ),
    *_rows("alembic.config", "main", arguments='["upgrade", "head"]', note=_MIGRATION),
    *_rows("sqlalchemy_utils", "create_database database_exists drop_database", arguments='"sqlite://"'),
    *_rows(
        "fastapi_pagination.ext.sqlalchemy",
        "paginate",
        "fastapi_pagination.ext.sqlalchemy.apaginate",
        arguments=f"{_SESSION}, sqlalchemy.select(User)",
        level="warn",
        note="With an AsyncSession it gives a coroutine, which `apaginate` says better.",
    ),
    *_rows(
        "fastapi_pagination.ext.sqlmodel",
        "paginate",
        "fastapi_pagination.ext.sqlmodel.apaginate",
        arguments="sqlmodel.Session(), sqlmodel.select(User)",
        level="warn",
        note="With an AsyncSession it gives a coroutine, which `apaginate` says better.",
    ),
)

ROWS: tuple[Blocking, ...] = (*_SESSIONS, *_QUERIES, *_ENGINES, *_RESULTS, *_SCHEMA, *_TOOLS)
