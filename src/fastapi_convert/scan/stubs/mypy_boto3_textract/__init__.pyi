# What scan needs to know of mypy_boto3_textract.
from botocore.client import BaseClient

class TextractClient(BaseClient): ...
