"""Document stores, graphs, vectors, and other databases that speak no SQL."""

from __future__ import annotations

from functools import partial

from ._categories import CPU, DATABASE, FILES
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_CLIENT = "pymongo.MongoClient()"
_DB = f'{_CLIENT}["db"]'
_COLLECTION = f'{_DB}["users"]'
_TO_COLLECTION = "pymongo.asynchronous.collection.AsyncCollection.*"
_TO_DB = "pymongo.asynchronous.database.AsyncDatabase.*"
_MONGO = "`pymongo.AsyncMongoClient` has the same methods, awaited; Motor is deprecated in its favour."
_CURSOR = "`async for document in collection.find(...)`."

_collection = partial(_rows, "pymongo.collection.Collection", construct=_COLLECTION)
_PYMONGO = (
    *_collection(
        "find_one find_one_and_delete count_documents delete_one delete_many",
        _TO_COLLECTION,
        arguments="{}",
        note=_MONGO,
    ),
    *_collection(
        "find_one_and_replace find_one_and_update replace_one update_one update_many",
        _TO_COLLECTION,
        arguments="{}, {}",
        note=_MONGO,
    ),
    *_collection("insert_one", _TO_COLLECTION, arguments="{}", note=_MONGO),
    *_collection("insert_many bulk_write aggregate create_indexes", _TO_COLLECTION, arguments="[]", note=_MONGO),
    *_collection("create_index distinct drop_index create_search_index rename", _TO_COLLECTION, arguments='"name"'),
    *_collection(
        "drop drop_indexes estimated_document_count index_information list_indexes options watch", _TO_COLLECTION
    ),
    *_rows(
        "pymongo.cursor.Cursor",
        "__iter__",
        "pymongo.asynchronous.cursor.AsyncCursor",
        construct=f"{_COLLECTION}.find()",
        note=_CURSOR,
    ),
    *_rows(
        "pymongo.cursor.Cursor",
        "next to_list explain",
        "pymongo.asynchronous.cursor.AsyncCursor.*",
        construct=f"{_COLLECTION}.find()",
        note=_CURSOR,
    ),
    *_rows(
        "pymongo.cursor.Cursor",
        "distinct",
        "pymongo.asynchronous.cursor.AsyncCursor.*",
        construct=f"{_COLLECTION}.find()",
        arguments='"name"',
    ),
    *_rows(
        "pymongo.command_cursor.CommandCursor",
        "__iter__",
        "pymongo.asynchronous.command_cursor.AsyncCommandCursor",
        construct=f"{_COLLECTION}.aggregate([])",
        level="warn",
        note="The first batch has arrived with the command.",
    ),
    *_rows(
        "pymongo.command_cursor.CommandCursor",
        "next to_list",
        "pymongo.asynchronous.command_cursor.AsyncCommandCursor.*",
        construct=f"{_COLLECTION}.aggregate([])",
        level="warn",
        note="The first batch has arrived with the command.",
    ),
    *_rows(
        "pymongo.change_stream.ChangeStream",
        "__iter__",
        "pymongo.asynchronous.change_stream.AsyncChangeStream",
        construct=f"{_COLLECTION}.watch()",
    ),
    *_rows(
        "pymongo.change_stream.ChangeStream",
        "next try_next",
        "pymongo.asynchronous.change_stream.AsyncChangeStream.*",
        construct=f"{_COLLECTION}.watch()",
    ),
    *_rows("pymongo.database.Database", "aggregate", _TO_DB, construct=_DB, arguments="[]"),
    *_rows(
        "pymongo.database.Database",
        "command create_collection drop_collection validate_collection",
        _TO_DB,
        construct=_DB,
        arguments='"name"',
    ),
    *_rows("pymongo.database.Database", "list_collection_names list_collections watch", _TO_DB, construct=_DB),
    *_rows(
        "pymongo.MongoClient",
        "list_database_names list_databases server_info watch",
        "pymongo.AsyncMongoClient.*",
        construct=_CLIENT,
    ),
    *_rows("pymongo.MongoClient", "drop_database", "pymongo.AsyncMongoClient.*", construct=_CLIENT, arguments='"db"'),
    *_rows("pymongo.MongoClient", "bulk_write", "pymongo.AsyncMongoClient.*", construct=_CLIENT, arguments="[]"),
    *_rows(
        "pymongo.client_session.ClientSession",
        "abort_transaction commit_transaction",
        "pymongo.asynchronous.client_session.AsyncClientSession.*",
        construct=f"{_CLIENT}.start_session()",
    ),
    *_rows(
        "pymongo.client_session.ClientSession",
        "with_transaction",
        "pymongo.asynchronous.client_session.AsyncClientSession.*",
        construct=f"{_CLIENT}.start_session()",
        arguments="function",
    ),
    *_rows(
        "gridfs.GridFS",
        "delete exists find_one get get_last_version get_version list put",
        "gridfs.asynchronous.AsyncGridFS.*",
        construct=f"gridfs.GridFS({_DB})",
        arguments='"name"',
    ),
    *_rows(
        "gridfs.GridFSBucket",
        "delete open_download_stream open_download_stream_by_name",
        "gridfs.asynchronous.AsyncGridFSBucket.*",
        construct=f"gridfs.GridFSBucket({_DB})",
        arguments='"name"',
    ),
    *_rows(
        "gridfs.GridFSBucket",
        "download_to_stream download_to_stream_by_name rename upload_from_stream",
        "gridfs.asynchronous.AsyncGridFSBucket.*",
        construct=f"gridfs.GridFSBucket({_DB})",
        arguments='"name", stream',
    ),
)

_CASSANDRA = "cassandra.cluster.Cluster()"
_CALLBACK = "`execute_async` gives a future of its own, with callbacks, that cannot be awaited."
_NEO = 'neo4j.GraphDatabase.driver("neo4j://localhost")'
_NEO_SESSION = f"{_NEO}.session()"
_ARANGO = 'arango.ArangoClient().db("app")'
_INFLUX = 'influxdb_client.InfluxDBClient("http://localhost:8086", "token")'
_INFLUX_ASYNC = "influxdb_client.client"
_COUCH = 'couchdb.Server()["books"]'
_GRAPHS = (
    *_rows("cassandra.cluster.Cluster", "connect shutdown", construct=_CASSANDRA),
    *_rows(
        "cassandra.cluster.Session",
        "execute execute_graph prepare",
        construct=f"{_CASSANDRA}.connect()",
        arguments='"SELECT 1"',
        note=_CALLBACK,
    ),
    *_rows(
        "cassandra.cluster.ResponseFuture",
        "result",
        note=_CALLBACK,
        construct=f'{_CASSANDRA}.connect().execute_async("SELECT 1")',
    ),
    *_rows(
        "cassandra.cqlengine.models.Model",
        "create delete get save update",
        construct="cassandra.cqlengine.models.Model()",
    ),
    *_rows("cassandra.cqlengine.management", "sync_table drop_table", arguments="Model"),
    *_rows("neo4j.Driver", "execute_query", "neo4j.AsyncDriver.*", construct=_NEO, arguments='"RETURN 1"'),
    *_rows("neo4j.Driver", "get_server_info verify_connectivity", "neo4j.AsyncDriver.*", construct=_NEO),
    *_rows("neo4j.Session", "run", "neo4j.AsyncSession.*", construct=_NEO_SESSION, arguments='"RETURN 1"'),
    *_rows(
        "neo4j.Session",
        "execute_read execute_write",
        "neo4j.AsyncSession.*",
        construct=_NEO_SESSION,
        arguments="function",
    ),
    *_rows("neo4j.Session", "begin_transaction", "neo4j.AsyncSession.*", construct=_NEO_SESSION),
    *_rows(
        "neo4j.Transaction",
        "run",
        "neo4j.AsyncTransaction.*",
        construct=f"{_NEO_SESSION}.begin_transaction()",
        arguments='"RETURN 1"',
    ),
    *_rows("neo4j.Transaction", "commit", "neo4j.AsyncTransaction.*", construct=f"{_NEO_SESSION}.begin_transaction()"),
    *_rows(
        "neo4j.Transaction",
        "rollback",
        "neo4j.AsyncTransaction.*",
        level="warn",
        construct=f"{_NEO_SESSION}.begin_transaction()",
    ),
    *_rows("neo4j.Result", "__iter__", "neo4j.AsyncResult", construct=f'{_NEO_SESSION}.run("RETURN 1")'),
    *_rows(
        "neo4j.Result",
        "consume data fetch graph peek single to_df value values",
        "neo4j.AsyncResult.*",
        construct=f'{_NEO_SESSION}.run("RETURN 1")',
    ),
    *_rows(
        "arango.aql.AQL",
        "execute",
        construct=f"{_ARANGO}.aql",
        arguments='"RETURN 1"',
        note="python-arango-async, another package, is its async twin.",
    ),
    *_rows(
        "arango.database.StandardDatabase",
        "collections create_collection delete_collection has_collection",
        construct=_ARANGO,
        arguments='"books"',
    ),
    *_rows(
        "arango.collection.StandardCollection",
        "all count delete find get has import_bulk insert insert_many replace truncate update update_match",
        construct=f'{_ARANGO}.collection("books")',
        arguments="{}",
    ),
    *_rows(
        "influxdb_client.QueryApi",
        "query query_data_frame query_raw query_stream",
        f"{_INFLUX_ASYNC}.query_api_async.QueryApiAsync.*",
        construct=f"{_INFLUX}.query_api()",
        arguments='"buckets()"',
    ),
    *_rows(
        "influxdb_client.WriteApi",
        "write",
        f"{_INFLUX_ASYNC}.write_api_async.WriteApiAsync.*",
        level="warn",
        construct=f"{_INFLUX}.write_api()",
        arguments='"bucket"',
        note="Waits with `write_options=SYNCHRONOUS`; by default a thread sends batches.",
    ),
    *_rows(
        "influxdb_client.DeleteApi",
        "delete",
        f"{_INFLUX_ASYNC}.delete_api_async.DeleteApiAsync.*",
        construct=f"{_INFLUX}.delete_api()",
    ),
    *_rows(
        "influxdb_client.InfluxDBClient",
        "ping",
        f"{_INFLUX_ASYNC}.influxdb_client_async.InfluxDBClientAsync.*",
        construct=_INFLUX,
    ),
    *_rows(
        "influxdb.InfluxDBClient",
        "query write write_points ping create_database drop_database get_list_database",
        construct="influxdb.InfluxDBClient()",
        arguments='"x"',
    ),
    *_rows(
        "influxdb_client_3.InfluxDBClient3",
        "query",
        "influxdb_client_3.InfluxDBClient3.query_async",
        construct="influxdb_client_3.InfluxDBClient3()",
        arguments='"SELECT 1"',
    ),
    *_rows(
        "influxdb_client_3.InfluxDBClient3",
        "write write_file",
        level="warn",
        construct="influxdb_client_3.InfluxDBClient3()",
        arguments="x",
        note="Waits unless it was told to send in batches.",
    ),
    *_rows("couchdb.Database", "delete find get query save update view", construct=_COUCH, arguments="{}"),
    *_rows("couchdb.Server", "create delete", construct="couchdb.Server()", arguments='"books"'),
)

_MILVUS = "pymilvus.MilvusClient()"
_LANCE = 'lancedb.connect("folder")'
_TINY = "Reads the whole file, and writes it anew."
_EMBEDDED = (
    *_rows(
        "pymilvus.MilvusClient",
        "create_collection delete drop_collection flush get get_collection_stats "
        "has_collection hybrid_search insert load_collection query search upsert create_index create_partition "
        "describe_collection describe_index drop_index drop_partition get_load_state list_collections list_indexes "
        "list_partitions release_collection",
        "pymilvus.AsyncMilvusClient.*",
        construct=_MILVUS,
        arguments='"books"',
    ),
    *_rows(
        "pymilvus.Collection",
        "create_index delete flush hybrid_search insert load query release search upsert",
        "pymilvus.AsyncMilvusClient",
        construct='pymilvus.Collection("books")',
    ),
    *_rows(
        "pymilvus.utility",
        "has_collection drop_collection list_collections loading_progress wait_for_loading_complete",
        "pymilvus.AsyncMilvusClient",
        arguments='"books"',
    ),
    *_rows("pymilvus.connections", "connect", "pymilvus.AsyncMilvusClient", construct="pymilvus.connections"),
    *_rows("lancedb", "connect", "lancedb.connect_async", arguments='"folder"', level="warn"),
    *_rows(
        "lancedb.DBConnection",
        "create_table drop_table open_table table_names",
        "lancedb.AsyncConnection.*",
        construct=_LANCE,
        arguments='"books"',
    ),
    *_rows(
        "lancedb.table.Table",
        "add count_rows create_index delete optimize to_arrow to_pandas update",
        "lancedb.table.AsyncTable.*",
        construct=f'{_LANCE}.open_table("books")',
    ),
    *_rows(
        "lancedb.query.LanceQueryBuilder",
        "to_arrow to_list to_pandas to_polars to_pydantic",
        "lancedb.query.AsyncQuery.*",
        construct=f'{_LANCE}.open_table("books").search()',
    ),
    *_rows(
        "faiss.Index",
        "add add_with_ids range_search search train",
        category=CPU,
        level="warn",
        construct="faiss.IndexFlatL2(8)",
        arguments="vectors",
        note="Lets go of the GIL, so a thread does well.",
    ),
    *_rows("faiss", "read_index", category=FILES, arguments='"file"'),
    *_rows("faiss", "write_index", category=FILES, arguments='index, "file"'),
    *_rows(
        "tinydb.TinyDB",
        "all count contains get insert insert_multiple remove search truncate update upsert",
        category=FILES,
        construct='tinydb.TinyDB("db.json")',
        arguments="{}",
        note=_TINY,
    ),
    *_rows(
        "tinydb.table.Table",
        "all count contains get insert insert_multiple remove search truncate update upsert",
        category=FILES,
        construct='tinydb.TinyDB("db.json").table("books")',
        arguments="{}",
        note=_TINY,
    ),
    *_rows(
        "diskcache.Cache",
        "add clear decr delete evict expire get incr pop pull push set touch",
        arguments='"name"',
        construct='diskcache.Cache("folder")',
        note="SQLite and files; writers wait for each other.",
    ),
    *_rows(
        "diskcache.FanoutCache",
        "add clear decr delete evict expire get incr pop set touch",
        arguments='"name"',
        construct='diskcache.FanoutCache("folder")',
        note="SQLite and files; writers wait for each other.",
    ),
)

ROWS: tuple[Blocking, ...] = (*_PYMONGO, *_GRAPHS, *_EMBEDDED)
