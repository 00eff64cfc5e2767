# What scan needs to know of mypy_boto3_ses.
from botocore.client import BaseClient

class SESClient(BaseClient): ...
