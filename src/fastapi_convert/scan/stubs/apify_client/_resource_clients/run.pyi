# What scan needs to know of apify_client._resource_clients.run.
from typing import Any

from apify_client._resource_clients.dataset import DatasetClient
from apify_client._resource_clients.key_value_store import KeyValueStoreClient

class RunClient:
    def dataset(self, *args: Any, **kw: Any) -> DatasetClient: ...
    def key_value_store(self, *args: Any, **kw: Any) -> KeyValueStoreClient: ...
