"""Drivers of SQL databases, and what speaks SQL to them without an ORM."""

from __future__ import annotations

from functools import partial

from ._categories import DATABASE
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=DATABASE)

_SQL = '"SELECT 1"'
_MANY = '"INSERT INTO t VALUES (1)", []'
_FETCH = "fetchone fetchmany fetchall"
_FETCHED = "Usually the rows have arrived with `execute`; a cursor on the server fetches them here."
_AT_EXIT = "Leaving the block commits."
_PLACEHOLDERS = "psycopg 3 keeps `%s`; values are bound by the server, so `IN %s` becomes `= ANY(%s)`."
_POOL = "A pool with `open=False`, opened in the lifespan."


def _dbapi(
    connection: str,
    cursor: str,
    construct: str,
    *,
    to_connection: str = "offload",
    to_cursor: str = "offload",
    fetching: str = "fetchone fetchmany fetchall",
    note: str = "",
) -> tuple[Blocking, ...]:
    """What PEP 249 gives every driver: two classes by name, and an expression that connects."""
    at = f"{construct}.cursor()"
    return (
        *_rows(connection, "commit", to_connection, construct=construct),
        *_rows(connection, "rollback", to_connection, construct=construct, level="warn"),
        *_rows(connection, "close", to_connection, construct=construct, level="all"),
        *_rows(cursor, "execute", to_cursor, construct=at, arguments=_SQL, note=note),
        *_rows(cursor, "executemany", to_cursor, construct=at, arguments=_MANY, note=note),
        *_rows(cursor, fetching, to_cursor, construct=at, level="all", note=_FETCHED),
    )


_PG2 = 'psycopg2.connect("")'
_PSYCOPG2 = (
    *_rows("psycopg2", "connect", "psycopg.AsyncConnection.connect", arguments='""', note=_PLACEHOLDERS),
    *_dbapi(
        "psycopg2.extensions.connection",
        "psycopg2.extensions.cursor",
        _PG2,
        to_connection="psycopg.AsyncConnection.*",
        to_cursor="psycopg.AsyncCursor.*",
        note=_PLACEHOLDERS,
    ),
    *_rows("psycopg2.extensions.connection", "__exit__", "psycopg.AsyncConnection", construct=_PG2, note=_AT_EXIT),
    *_rows(
        "psycopg2.extensions.cursor",
        "__iter__",
        "psycopg.AsyncCursor",
        construct=f"{_PG2}.cursor()",
        level="all",
        note=_FETCHED,
    ),
    *_rows(
        "psycopg2.extensions.cursor",
        "callproc",
        "psycopg.AsyncCursor.execute",
        construct=f"{_PG2}.cursor()",
        arguments='"function"',
    ),
    *_rows(
        "psycopg2.extensions.cursor",
        "copy_from copy_to",
        "psycopg.AsyncCursor.copy",
        construct=f"{_PG2}.cursor()",
        arguments='file, "users"',
    ),
    *_rows(
        "psycopg2.extensions.cursor",
        "copy_expert",
        "psycopg.AsyncCursor.copy",
        construct=f"{_PG2}.cursor()",
        arguments='"COPY users TO STDOUT", file',
    ),
    *_rows(
        "psycopg2.extras",
        "execute_batch execute_values",
        "psycopg.AsyncCursor.executemany",
        arguments='cursor, "INSERT INTO t VALUES %s", []',
    ),
    *_rows(
        "psycopg2.pool.ThreadedConnectionPool",
        "getconn",
        "psycopg_pool.AsyncConnectionPool.connection",
        construct="psycopg2.pool.ThreadedConnectionPool(1, 4)",
        note=_POOL,
    ),
    *_rows(
        "psycopg2.pool.SimpleConnectionPool",
        "getconn",
        "psycopg_pool.AsyncConnectionPool.connection",
        construct="psycopg2.pool.SimpleConnectionPool(1, 4)",
        note=_POOL,
    ),
    *_rows(
        "psycopg2.pool",
        "SimpleConnectionPool ThreadedConnectionPool",
        "psycopg_pool.AsyncConnectionPool",
        arguments="1, 4",
        note="Opens its connections when it is made.",
    ),
)

_PG3 = 'psycopg.connect("")'
_PG_POOL = 'psycopg_pool.ConnectionPool("")'
_PSYCOPG = (
    *_rows("psycopg", "connect", "psycopg.AsyncConnection.connect", arguments='""'),
    *_rows(
        "psycopg.Connection",
        "connect",
        "psycopg.AsyncConnection.connect",
        construct="psycopg.Connection",
        arguments='""',
    ),
    *_dbapi(
        "psycopg.Connection",
        "psycopg.Cursor",
        _PG3,
        to_connection="psycopg.AsyncConnection.*",
        to_cursor="psycopg.AsyncCursor.*",
    ),
    *_rows("psycopg.Connection", "execute", "psycopg.AsyncConnection.*", construct=_PG3, arguments=_SQL),
    *_rows("psycopg.Connection", "notifies", "psycopg.AsyncConnection.*", construct=_PG3),
    *_rows("psycopg.Connection", "transaction", "psycopg.AsyncConnection.*", construct=_PG3, note=_AT_EXIT),
    *_rows(
        "psycopg.Connection",
        "__exit__",
        "psycopg.AsyncConnection",
        construct=_PG3,
        note="Leaving the block commits and closes.",
    ),
    *_rows("psycopg.Cursor", "copy stream", "psycopg.AsyncCursor.*", construct=f"{_PG3}.cursor()", arguments=_SQL),
    *_rows(
        "psycopg.Cursor", "__iter__", "psycopg.AsyncCursor", construct=f"{_PG3}.cursor()", level="all", note=_FETCHED
    ),
    *_rows(
        "psycopg_pool.ConnectionPool",
        "check connection getconn wait",
        "psycopg_pool.AsyncConnectionPool.*",
        construct=_PG_POOL,
        note=_POOL,
    ),
    *_rows(
        "psycopg_pool.ConnectionPool",
        "open close",
        "psycopg_pool.AsyncConnectionPool.*",
        construct=_PG_POOL,
        level="warn",
        note=_POOL,
    ),
    *_rows(
        "psycopg_pool.ConnectionPool",
        "putconn",
        "psycopg_pool.AsyncConnectionPool.*",
        construct=_PG_POOL,
        arguments="connection",
        level="all",
    ),
)

_AIO_MYSQL = "aiomysql speaks the same SQL; `mysql.connector.aio` is Oracle's own."
_MARIADB = "mariadb.connect()"
_MYSQL = (
    *_rows("pymysql", "connect", "aiomysql.connect", note=_AIO_MYSQL),
    *_rows("pymysql.connections.Connection", "begin ping", "aiomysql.Connection.*", construct="pymysql.connect()"),
    *_rows(
        "pymysql.connections.Connection",
        "query",
        "aiomysql.Connection.*",
        construct="pymysql.connect()",
        arguments=_SQL,
    ),
    *_rows(
        "pymysql.connections.Connection", "connect", "aiomysql.connect", construct="pymysql.connections.Connection()"
    ),
    *_rows(
        "pymysql.cursors.Cursor",
        "callproc",
        "aiomysql.Cursor.*",
        construct="pymysql.connect().cursor()",
        arguments='"procedure"',
    ),
    *_dbapi(
        "pymysql.connections.Connection",
        "pymysql.cursors.Cursor",
        "pymysql.connect()",
        to_connection="aiomysql.Connection.*",
        to_cursor="aiomysql.Cursor.*",
    ),
    *_rows("MySQLdb", "connect", "aiomysql.connect", note=_AIO_MYSQL),
    *_dbapi(
        "MySQLdb.connections.Connection",
        "MySQLdb.cursors.Cursor",
        "MySQLdb.connect()",
        to_connection="aiomysql.Connection.*",
        to_cursor="aiomysql.Cursor.*",
    ),
    *_rows("mysql.connector", "connect", "mysql.connector.aio.connect"),
    *_rows(
        "mysql.connector.MySQLConnection",
        "connect ping reconnect reset_session start_transaction",
        "mysql.connector.aio.MySQLConnection.*",
        construct="mysql.connector.MySQLConnection()",
    ),
    *_rows(
        "mysql.connector.cursor.MySQLCursor",
        "callproc",
        "mysql.connector.aio.cursor.MySQLCursor.*",
        construct="mysql.connector.connect().cursor()",
        arguments='"procedure"',
    ),
    *_rows(
        "mysql.connector.pooling.MySQLConnectionPool",
        "get_connection",
        "mysql.connector.aio.connect",
        construct="mysql.connector.pooling.MySQLConnectionPool()",
    ),
    *_dbapi(
        "mysql.connector.MySQLConnection",
        "mysql.connector.cursor.MySQLCursor",
        "mysql.connector.connect()",
        to_connection="mysql.connector.aio.MySQLConnection.*",
        to_cursor="mysql.connector.aio.cursor.MySQLCursor.*",
    ),
    *_rows("mariadb", "connect", "aiomysql.connect", note="aiomysql speaks to MariaDB too."),
    *_dbapi(
        "mariadb.Connection",
        "mariadb.Cursor",
        _MARIADB,
        to_connection="aiomysql.Connection.*",
        to_cursor="aiomysql.Cursor.*",
    ),
    *_rows("mariadb.ConnectionPool", "get_connection", "aiomysql.create_pool", construct="mariadb.ConnectionPool()"),
)

_ORACLE = 'oracledb.connect(dsn="db")'
_THIN = "Thin mode only."
_OTHERS = (
    *_rows("oracledb", "connect", "oracledb.connect_async", arguments='dsn="db"', note=_THIN),
    *_rows("oracledb.Connection", "ping", "oracledb.AsyncConnection.*", construct=_ORACLE),
    *_rows(
        "oracledb.Cursor",
        "callfunc callproc",
        "oracledb.AsyncCursor.*",
        construct=f"{_ORACLE}.cursor()",
        arguments='"procedure"',
    ),
    *_rows("oracledb.ConnectionPool", "acquire", "oracledb.AsyncConnectionPool.*", construct="oracledb.create_pool()"),
    *_dbapi(
        "oracledb.Connection",
        "oracledb.Cursor",
        _ORACLE,
        to_connection="oracledb.AsyncConnection.*",
        to_cursor="oracledb.AsyncCursor.*",
        note=_THIN,
    ),
    *_rows(
        "cx_Oracle",
        "connect",
        "oracledb.connect_async",
        arguments='dsn="db"',
        note="cx_Oracle has become oracledb, whose thin mode is async.",
    ),
    *_dbapi(
        "cx_Oracle.Connection",
        "cx_Oracle.Cursor",
        'cx_Oracle.connect(dsn="db")',
        to_connection="oracledb.AsyncConnection.*",
        to_cursor="oracledb.AsyncCursor.*",
        note="cx_Oracle has become oracledb, whose thin mode is async.",
    ),
    *_rows("pyodbc", "connect", arguments='"DSN=db"', note="aioodbc is the same with threads of its own."),
    *_rows("pyodbc.Connection", "execute", construct='pyodbc.connect("DSN=db")', arguments=_SQL),
    *_rows("pyodbc.Connection", "__exit__", construct='pyodbc.connect("DSN=db")', note=_AT_EXIT),
    *_dbapi("pyodbc.Connection", "pyodbc.Cursor", 'pyodbc.connect("DSN=db")', fetching=f"{_FETCH} fetchval"),
    *_rows("pymssql", "connect"),
    *_rows("pymssql.Cursor", "callproc", construct="pymssql.connect().cursor()", arguments='"procedure"'),
    *_dbapi("pymssql.Connection", "pymssql.Cursor", "pymssql.connect()"),
)

_WAREHOUSES = (
    *(
        row
        for module, classes, arguments in (
            ("databricks.sql", "databricks.sql.client", '"host", "path"'),
            ("hdbcli.dbapi", "hdbcli.dbapi", '"host"'),
            ("impala.dbapi", "impala.dbapi", '"host"'),
            ("jaydebeapi", "jaydebeapi", '"driver", "url"'),
            ("libsql", "libsql", '"file.db"'),
            ("pg8000.dbapi", "pg8000.dbapi", '"user"'),
            ("pyhive.hive", "pyhive.hive", '"host"'),
            ("redshift_connector", "redshift_connector", 'host="host"'),
            ("trino.dbapi", "trino.dbapi", 'host="host"'),
            ("vertica_python", "vertica_python", "{}"),
        )
        for row in (
            *_rows(module, "connect", arguments=arguments),
            *_dbapi(f"{classes}.Connection", f"{classes}.Cursor", f"{module}.connect({arguments})"),
        )
    ),
    *_rows(
        "databricks.sql.client.Cursor",
        "fetchall_arrow fetchmany_arrow",
        construct='databricks.sql.connect("host", "path").cursor()',
        level="warn",
    ),
    *_rows(
        "redshift_connector.Cursor",
        "fetch_dataframe write_dataframe fetch_numpy_array",
        construct='redshift_connector.connect(host="host").cursor()',
    ),
    *_rows("pg8000.native", "Connection", arguments='"user"'),
    *_rows("pg8000.native.Connection", "run", construct='pg8000.native.Connection("user")', arguments=_SQL),
    *_rows("ibm_db", "connect pconnect", arguments='"db", "", ""'),
    *_rows("ibm_db", "exec_immediate prepare execute fetch_row fetch_assoc fetch_tuple fetch_both", arguments="x, y"),
)

_DUCK = "duckdb.connect()"
_DUCK_NOTE = "DuckDB lets go of the GIL, so a thread does well; give each its own `connection.cursor()`."
_FLAKE = "snowflake.connector.connect()"
_HOUSE = "clickhouse_connect.get_client()"
_HOUSE_TO = "clickhouse_connect.driver.AsyncClient.*"
_ANALYTICS = (
    *_rows("duckdb", "connect", note=_DUCK_NOTE, level="warn"),
    *_rows("duckdb", "execute", arguments=_SQL, note=_DUCK_NOTE),
    *_rows("duckdb", "read_csv read_json read_parquet", arguments='"file"', note=_DUCK_NOTE, level="warn"),
    *_rows(
        "duckdb",
        "sql query",
        arguments=_SQL,
        level="warn",
        note="A SELECT runs when its rows are asked for, anything else at once.",
    ),
    *_rows("duckdb.DuckDBPyConnection", "execute", construct=_DUCK, arguments=_SQL, note=_DUCK_NOTE),
    *_rows("duckdb.DuckDBPyConnection", "executemany", construct=_DUCK, arguments=_MANY, note=_DUCK_NOTE),
    *_rows(
        "duckdb.DuckDBPyConnection",
        "sql query",
        construct=_DUCK,
        arguments=_SQL,
        level="warn",
        note="A SELECT runs when its rows are asked for, anything else at once.",
    ),
    *_rows(
        "duckdb.DuckDBPyConnection",
        "checkpoint commit fetchall fetchdf fetchnumpy df",
        construct=_DUCK,
        note=_DUCK_NOTE,
    ),
    *_rows("duckdb.DuckDBPyConnection", "fetchone fetchmany", construct=_DUCK, level="warn", note=_DUCK_NOTE),
    *_rows(
        "duckdb.DuckDBPyRelation",
        "df fetchall fetchdf fetchnumpy pl show to_df",
        construct=f"{_DUCK}.sql({_SQL})",
        note=_DUCK_NOTE,
    ),
    *_rows(
        "duckdb.DuckDBPyRelation",
        "to_csv to_parquet write_csv write_parquet",
        construct=f"{_DUCK}.sql({_SQL})",
        arguments='"file"',
        note=_DUCK_NOTE,
    ),
    *_rows("snowflake.connector", "connect", "snowflake.connector.aio.connect"),
    *_rows(
        "snowflake.connector.SnowflakeConnection",
        "execute_string",
        "snowflake.connector.aio.SnowflakeConnection.*",
        construct=_FLAKE,
        arguments=_SQL,
    ),
    *_rows(
        "snowflake.connector.cursor.SnowflakeCursor",
        "fetch_pandas_all fetch_arrow_all",
        "snowflake.connector.aio.SnowflakeCursor.*",
        construct=f"{_FLAKE}.cursor()",
    ),
    *_dbapi(
        "snowflake.connector.SnowflakeConnection",
        "snowflake.connector.cursor.SnowflakeCursor",
        _FLAKE,
        to_connection="snowflake.connector.aio.SnowflakeConnection.*",
        to_cursor="snowflake.connector.aio.SnowflakeCursor.*",
    ),
    *_rows(
        "clickhouse_driver.Client",
        "execute execute_iter execute_with_progress query_dataframe",
        construct='clickhouse_driver.Client("localhost")',
        arguments=_SQL,
    ),
    *_rows(
        "clickhouse_driver.Client",
        "insert_dataframe",
        construct='clickhouse_driver.Client("localhost")',
        arguments='"INSERT INTO t VALUES", frame',
    ),
    *_rows(
        "clickhouse_connect",
        "get_client",
        "clickhouse_connect.get_async_client",
        note="Connects, and asks the server what it is.",
    ),
    *_rows(
        "clickhouse_connect.driver.client.Client",
        "command query query_arrow query_df query_np raw_query",
        _HOUSE_TO,
        construct=_HOUSE,
        arguments=_SQL,
    ),
    *_rows(
        "clickhouse_connect.driver.client.Client",
        "insert insert_arrow insert_df raw_insert",
        _HOUSE_TO,
        construct=_HOUSE,
        arguments='"t", []',
    ),
    *_rows("clickhouse_connect.driver.client.Client", "ping", _HOUSE_TO, construct=_HOUSE),
)

_DATASET = 'dataset.connect()["users"]'
_RECORDS = 'records.Database("sqlite://")'
_WRAPPERS = (
    *_rows("records.Database", "query bulk_query", construct=_RECORDS, arguments=_SQL),
    *_rows("records.Database", "query_file bulk_query_file", construct=_RECORDS, arguments='"file.sql"'),
    *_rows("records.Database", "get_connection get_table_names", construct=_RECORDS),
    *_rows("records.Connection", "query bulk_query", construct=f"{_RECORDS}.get_connection()", arguments=_SQL),
    *_rows(
        "records.RecordCollection",
        "__iter__ all export first one scalar",
        level="warn",
        construct=f"{_RECORDS}.query({_SQL})",
    ),
    *_rows("dataset", "connect"),
    *_rows("dataset.Database", "query", construct="dataset.connect()", arguments=_SQL),
    *_rows("dataset.Database", "commit", construct="dataset.connect()"),
    *_rows("dataset.Database", "rollback", construct="dataset.connect()", level="warn"),
    *_rows("dataset.Table", "insert insert_ignore insert_many", construct=_DATASET, arguments="{}"),
    *_rows("dataset.Table", "update upsert update_many upsert_many", construct=_DATASET, arguments='{}, ["id"]'),
    *_rows("dataset.Table", "all count delete distinct find find_one drop", construct=_DATASET),
)

ROWS: tuple[Blocking, ...] = (*_PSYCOPG2, *_PSYCOPG, *_MYSQL, *_OTHERS, *_WAREHOUSES, *_ANALYTICS, *_WRAPPERS)
