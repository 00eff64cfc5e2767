# What scan needs to know of mypy_boto3_events.
from botocore.client import BaseClient

class EventBridgeClient(BaseClient): ...
