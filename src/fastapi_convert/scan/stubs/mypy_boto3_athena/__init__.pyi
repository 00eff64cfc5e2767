# What scan needs to know of mypy_boto3_athena.
from botocore.client import BaseClient

class AthenaClient(BaseClient): ...
