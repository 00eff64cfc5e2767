"""Search engines: Elasticsearch, OpenSearch, Meilisearch and Typesense."""

from __future__ import annotations

from functools import partial

from ._categories import DATABASE
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_SETTINGS = 'index="books"'
_ELASTIC = 'elasticsearch.Elasticsearch("http://localhost:9200")'
_OPEN = "opensearchpy.OpenSearch()"
_ENGINE_CALLS = (
    "bulk clear_scroll count create delete delete_by_query exists explain field_caps get get_source index info mget "
    "msearch msearch_template ping put_script reindex scroll search search_template termvectors update update_by_query"
)
_BULK = "Takes an async client."
_SEARCH_ENGINES = (
    *_rows(
        "elasticsearch.Elasticsearch",
        f"{_ENGINE_CALLS} open_point_in_time close_point_in_time",
        "elasticsearch.AsyncElasticsearch.*",
        construct=_ELASTIC,
        arguments=_SETTINGS,
    ),
    *_rows(
        "elasticsearch.helpers",
        "bulk reindex scan streaming_bulk",
        "elasticsearch.helpers.async_*",
        arguments=f"{_ELASTIC}, []",
        note=_BULK,
    ),
    *_rows(
        "elasticsearch.helpers",
        "parallel_bulk",
        "elasticsearch.helpers.async_streaming_bulk",
        arguments=f"{_ELASTIC}, []",
        note=_BULK,
    ),
    *_rows(
        "opensearchpy.OpenSearch", _ENGINE_CALLS, "opensearchpy.AsyncOpenSearch.*", construct=_OPEN, arguments=_SETTINGS
    ),
    *_rows(
        "opensearchpy.helpers",
        "bulk reindex scan streaming_bulk",
        "opensearchpy.helpers.async_*",
        arguments=f"{_OPEN}, []",
        note=_BULK,
    ),
    *_rows(
        "opensearchpy.helpers",
        "parallel_bulk",
        "opensearchpy.helpers.async_streaming_bulk",
        arguments=f"{_OPEN}, []",
        note=_BULK,
    ),
    *(
        row
        for part in ("cat", "cluster", "indices", "ingest", "nodes", "snapshot", "tasks")
        for row in (
            *_rows(
                f"elasticsearch.Elasticsearch.{part}",
                "*",
                "elasticsearch.AsyncElasticsearch",
                construct=f"{_ELASTIC}.{part}",
            ),
            *_rows(f"opensearchpy.OpenSearch.{part}", "*", "opensearchpy.AsyncOpenSearch", construct=f"{_OPEN}.{part}"),
        )
    ),
    *_rows(
        "elasticsearch_dsl.Search",
        "count delete execute scan",
        "elasticsearch.dsl.AsyncSearch.*",
        construct="elasticsearch_dsl.Search()",
    ),
    *_rows(
        "elasticsearch_dsl.Search", "__iter__", "elasticsearch.dsl.AsyncSearch", construct="elasticsearch_dsl.Search()"
    ),
    *_rows(
        "elasticsearch_dsl.MultiSearch",
        "execute",
        "elasticsearch.dsl.AsyncMultiSearch.*",
        construct="elasticsearch_dsl.MultiSearch()",
    ),
    *_rows(
        "elasticsearch_dsl.UpdateByQuery",
        "execute",
        "elasticsearch.dsl.AsyncUpdateByQuery.*",
        construct="elasticsearch_dsl.UpdateByQuery()",
    ),
    *_rows(
        "elasticsearch_dsl.Document",
        "bulk delete exists get init mget save update",
        "elasticsearch.dsl.AsyncDocument.*",
        construct="elasticsearch_dsl.Document()",
    ),
    *_rows(
        "elasticsearch_dsl.Index",
        "create delete exists refresh save",
        "elasticsearch.dsl.AsyncIndex.*",
        construct='elasticsearch_dsl.Index("books")',
    ),
)

_MEILI = 'meilisearch.Client("http://localhost:7700")'
_MEILI_INDEX = f'{_MEILI}.index("books")'
_TYPESENSE = "typesense.Client({})"
_TYPE_NOTE = "`typesense.AsyncClient` has the same paths of attributes."
_HOSTED_SEARCH = (
    *_rows(
        "meilisearch.Client",
        "delete_index",
        "meilisearch_python_sdk.AsyncIndex.delete",
        construct=_MEILI,
        arguments='"books"',
    ),
    *_rows(
        "meilisearch.Client",
        "create_index get_index get_task multi_search wait_for_task",
        "meilisearch_python_sdk.AsyncClient.*",
        construct=_MEILI,
        arguments='"books"',
    ),
    *_rows(
        "meilisearch.Client", "get_indexes get_tasks health", "meilisearch_python_sdk.AsyncClient.*", construct=_MEILI
    ),
    *_rows(
        "meilisearch.index.Index",
        "add_documents delete_documents update_documents",
        "meilisearch_python_sdk.AsyncIndex.*",
        construct=_MEILI_INDEX,
        arguments="[]",
    ),
    *_rows(
        "meilisearch.index.Index",
        "delete_document get_document search",
        "meilisearch_python_sdk.AsyncIndex.*",
        construct=_MEILI_INDEX,
        arguments='"book"',
    ),
    *_rows(
        "meilisearch.index.Index",
        "delete_all_documents get_documents get_settings get_stats update_settings",
        "meilisearch_python_sdk.AsyncIndex.*",
        construct=_MEILI_INDEX,
    ),
    *_rows(
        "typesense.sync.documents.Documents",
        "create create_many delete export import_ search update upsert",
        "typesense.async_.documents.AsyncDocuments.*",
        construct=f'{_TYPESENSE}.collections["books"].documents',
        arguments="{}",
        note=_TYPE_NOTE,
    ),
    *_rows(
        "typesense.sync.document.Document",
        "delete retrieve update",
        "typesense.async_.document.AsyncDocument.*",
        construct=f'{_TYPESENSE}.collections["books"].documents["1"]',
        note=_TYPE_NOTE,
    ),
    *_rows(
        "typesense.sync.collections.Collections",
        "create retrieve",
        "typesense.async_.collections.AsyncCollections.*",
        construct=f"{_TYPESENSE}.collections",
        note=_TYPE_NOTE,
    ),
    *_rows(
        "typesense.sync.collection.Collection",
        "delete retrieve update",
        "typesense.async_.collection.AsyncCollection.*",
        construct=f'{_TYPESENSE}.collections["books"]',
        note=_TYPE_NOTE,
    ),
)

ROWS: tuple[Blocking, ...] = (*_SEARCH_ENGINES, *_HOSTED_SEARCH)
