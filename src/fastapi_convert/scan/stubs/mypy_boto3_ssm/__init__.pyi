# What scan needs to know of mypy_boto3_ssm.
from botocore.client import BaseClient

class SSMClient(BaseClient): ...
