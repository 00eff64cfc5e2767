# What scan needs to know of mypy_boto3_sts.
from botocore.client import BaseClient

class STSClient(BaseClient): ...
