# What scan needs to know of mypy_boto3_cloudwatch.
from botocore.client import BaseClient

class CloudWatchClient(BaseClient): ...
