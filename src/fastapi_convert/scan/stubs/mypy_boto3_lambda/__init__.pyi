# What scan needs to know of mypy_boto3_lambda.
from botocore.client import BaseClient

class LambdaClient(BaseClient): ...
