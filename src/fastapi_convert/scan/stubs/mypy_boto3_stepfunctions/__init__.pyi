# What scan needs to know of mypy_boto3_stepfunctions.
from botocore.client import BaseClient

class SFNClient(BaseClient): ...
