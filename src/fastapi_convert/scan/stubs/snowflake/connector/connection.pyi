# What scan needs to know of snowflake.connector.connection.
from snowflake.connector import SnowflakeConnection as SnowflakeConnection
