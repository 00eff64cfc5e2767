# What scan needs to know of mypy_boto3_kms.
from botocore.client import BaseClient

class KMSClient(BaseClient): ...
