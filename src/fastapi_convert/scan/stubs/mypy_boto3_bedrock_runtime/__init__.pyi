# What scan needs to know of mypy_boto3_bedrock_runtime.
from botocore.client import BaseClient

class BedrockRuntimeClient(BaseClient): ...
