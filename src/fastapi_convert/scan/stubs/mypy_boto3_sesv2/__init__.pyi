# What scan needs to know of mypy_boto3_sesv2.
from botocore.client import BaseClient

class SESV2Client(BaseClient): ...
