# What scan needs to know of mypy_boto3_logs.
from botocore.client import BaseClient

class CloudWatchLogsClient(BaseClient): ...
