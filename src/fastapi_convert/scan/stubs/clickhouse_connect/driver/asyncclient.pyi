# What scan needs to know of clickhouse_connect.driver.asyncclient.
from clickhouse_connect.driver import AsyncClient as AsyncClient
