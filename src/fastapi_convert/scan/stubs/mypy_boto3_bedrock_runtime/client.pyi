# What scan needs to know of mypy_boto3_bedrock_runtime.client.
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient as BedrockRuntimeClient
