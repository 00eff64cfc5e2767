"""Object-relational mappers, and mappers for documents, other than SQLAlchemy."""

from __future__ import annotations

from functools import partial

from ._categories import DATABASE
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_PEEWEE_DB = 'peewee.SqliteDatabase("app.db")'
_PEEWEE_ASYNC = "playhouse.pwasyncio.AsyncDatabaseMixin"
_PEEWEE_NOTE = "peewee 4: on a database of `playhouse.pwasyncio`."
_SELECT = "peewee.Model.select()"
_PEEWEE = (
    *_rows(
        "peewee.Model",
        "bulk_create bulk_update create delete_by_id delete_instance get get_by_id get_or_create "
        "get_or_none save set_by_id create_table drop_table table_exists truncate_table",
        f"{_PEEWEE_ASYNC}.run",
        construct="peewee.Model",
        note="peewee 4: `await db.run(...)` on a database of `playhouse.pwasyncio`.",
    ),
    *_rows("peewee.ModelSelect", "count exists first get", f"{_PEEWEE_ASYNC}.*", construct=_SELECT, note=_PEEWEE_NOTE),
    *_rows("peewee.ModelSelect", "get_or_none peek", f"{_PEEWEE_ASYNC}.first", construct=_SELECT, note=_PEEWEE_NOTE),
    *_rows("peewee.ModelSelect", "scalar", f"{_PEEWEE_ASYNC}.scalar", construct=_SELECT, note=_PEEWEE_NOTE),
    *_rows(
        "peewee.ModelSelect",
        "__iter__ execute iterator scalars",
        f"{_PEEWEE_ASYNC}.list",
        construct=_SELECT,
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.ModelInsert",
        "execute",
        f"{_PEEWEE_ASYNC}.aexecute",
        construct="peewee.Model.insert()",
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.ModelUpdate",
        "execute",
        f"{_PEEWEE_ASYNC}.aexecute",
        construct="peewee.Model.update()",
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.ModelDelete",
        "execute",
        f"{_PEEWEE_ASYNC}.aexecute",
        construct="peewee.Model.delete()",
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.ModelRaw",
        "execute __iter__",
        f"{_PEEWEE_ASYNC}.aexecute",
        note=_PEEWEE_NOTE,
        construct='peewee.Model.raw("SELECT 1")',
    ),
    *_rows("peewee", "prefetch", f"{_PEEWEE_ASYNC}.aprefetch", arguments="query", note=_PEEWEE_NOTE),
    *_rows("peewee.Database", "connect", f"{_PEEWEE_ASYNC}.aconnect", construct=_PEEWEE_DB, note=_PEEWEE_NOTE),
    *_rows(
        "peewee.Database",
        "execute_sql",
        f"{_PEEWEE_ASYNC}.aexecute_sql",
        construct=_PEEWEE_DB,
        arguments='"SELECT 1"',
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.Database",
        "execute",
        f"{_PEEWEE_ASYNC}.aexecute",
        construct=_PEEWEE_DB,
        arguments="query",
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.Database",
        "create_tables drop_tables",
        f"{_PEEWEE_ASYNC}.a*",
        construct=_PEEWEE_DB,
        arguments="[]",
        note=_PEEWEE_NOTE,
    ),
    *_rows(
        "peewee.Database",
        "get_columns get_indexes",
        f"{_PEEWEE_ASYNC}.run",
        construct=_PEEWEE_DB,
        arguments='"users"',
        note=_PEEWEE_NOTE,
    ),
    *_rows("peewee.Database", "get_tables commit", f"{_PEEWEE_ASYNC}.run", construct=_PEEWEE_DB, note=_PEEWEE_NOTE),
    *_rows("peewee.Database", "rollback", f"{_PEEWEE_ASYNC}.run", construct=_PEEWEE_DB, level="warn"),
    *_rows("peewee.Database", "close", f"{_PEEWEE_ASYNC}.aclose", construct=_PEEWEE_DB, level="all"),
    *_rows(
        "peewee.Database",
        "atomic transaction",
        f"{_PEEWEE_ASYNC}.*",
        construct=_PEEWEE_DB,
        level="warn",
        note="Leaving the block commits.",
    ),
)

_DJANGO = "Django refuses this on the loop's thread (SynchronousOnlyOperation), unless it was told not to."
_FETCHES = "django.db.models.QuerySet.a*"
_ROWS_OF_DJANGO = (
    "aggregate bulk_create bulk_update contains count create delete earliest exists explain first get get_or_create "
    "in_bulk last latest update update_or_create"
)
_DJANGO_ORM = (
    *_rows(
        "django.db.models.QuerySet",
        f"{_ROWS_OF_DJANGO} iterator",
        _FETCHES,
        construct="django.db.models.Model.objects.all()",
        note=_DJANGO,
    ),
    *_rows(
        "django.db.models.QuerySet",
        "__iter__",
        "django.db.models.QuerySet.aiterator",
        construct="django.db.models.Model.objects.all()",
        note="`async for row in query`.",
    ),
    *_rows(
        "django.db.models.Manager",
        f"{_ROWS_OF_DJANGO.replace('delete ', '')} iterator",
        _FETCHES,
        construct="django.db.models.Model.objects",
        note=_DJANGO,
    ),
    *_rows(
        "django.db.models.Model",
        "delete refresh_from_db save",
        "django.db.models.Model.a*",
        construct="django.db.models.Model()",
        note=_DJANGO,
    ),
    *_rows(
        "django.db.models.Model",
        "full_clean validate_unique",
        construct="django.db.models.Model()",
        level="warn",
        note="Looks for others with the same unique fields.",
    ),
    *_rows("django.db.transaction", "atomic", level="warn", note="Leaving the block commits. There is no async twin."),
    *_rows(
        "django.db.backends.utils.CursorWrapper",
        "execute",
        construct="django.db.connection.cursor()",
        arguments='"SELECT 1"',
        note=_DJANGO,
    ),
    *_rows(
        "django.db.backends.utils.CursorWrapper",
        "executemany",
        construct="django.db.connection.cursor()",
        arguments='"SELECT 1", []',
        note=_DJANGO,
    ),
    *_rows("django.shortcuts", "get_list_or_404 get_object_or_404", "django.shortcuts.a*", arguments="Model"),
    *_rows("django.core.management", "call_command", arguments='"migrate"'),
)

_PONY_NOTE = "A db_session belongs to one thread: `offload` the whole function that opens it."
_PONY_QUERY = "pony.orm.select(u for u in User)"
_PONY = (
    *_rows("pony.orm", "commit flush", note=_PONY_NOTE),
    *_rows("pony.orm", "rollback", level="warn"),
    *_rows(
        "pony.orm",
        "avg count delete exists get max min sum",
        arguments="u for u in User",
        level="warn",
        note="Queries the database if it is given a generator of entities.",
    ),
    *_rows(
        "pony.orm.core.Query",
        "__iter__ avg count delete exists fetch first get max min page random show sum",
        construct=_PONY_QUERY,
        note=_PONY_NOTE,
    ),
    *_rows("pony.orm.core.Entity", "flush load", construct="pony.orm.core.Entity()", note=_PONY_NOTE),
    *_rows(
        "pony.orm.Database",
        "execute exists get select",
        construct="pony.orm.Database()",
        arguments='"SELECT 1"',
        note=_PONY_NOTE,
    ),
    *_rows(
        "pony.orm.Database",
        "commit create_tables drop_all_tables flush generate_mapping",
        construct="pony.orm.Database()",
    ),
)

_ENGINE_OF = 'mongoengine.Document.objects(name="x")'
_MONGO = "`pymongo.AsyncMongoClient` is the async driver; MongoEngine itself has no async twin."
_DOCUMENTS = (
    *_rows("mongoengine.Document", "delete modify reload save update", construct="mongoengine.Document()", note=_MONGO),
    *_rows("mongoengine.Document", "drop_collection ensure_indexes", construct="mongoengine.Document"),
    *_rows(
        "mongoengine.queryset.QuerySet",
        "__iter__ aggregate average count create delete distinct explain first get "
        "in_bulk insert item_frequencies map_reduce modify scalar sum update update_one upsert_one with_id",
        construct=_ENGINE_OF,
        note=_MONGO,
    ),
    *_rows(
        "odmantic.SyncEngine",
        "count delete find find_one remove save save_all",
        "odmantic.AIOEngine.*",
        construct="odmantic.SyncEngine()",
        arguments="User",
    ),
    *_rows(
        "odmantic.SyncEngine",
        "configure_database",
        "odmantic.AIOEngine.*",
        construct="odmantic.SyncEngine()",
        arguments="[]",
    ),
    *_rows(
        "pynamodb.models.Model",
        "batch_get count create_table delete describe_table exists get query refresh save scan update",
        construct="pynamodb.models.Model()",
    ),
)

ROWS: tuple[Blocking, ...] = (*_PEEWEE, *_DJANGO_ORM, *_PONY, *_DOCUMENTS)
