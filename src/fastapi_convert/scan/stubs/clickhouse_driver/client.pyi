# What scan needs to know of clickhouse_driver.client.
from clickhouse_driver import Client as Client
