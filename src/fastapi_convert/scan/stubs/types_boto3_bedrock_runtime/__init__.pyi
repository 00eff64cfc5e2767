# What scan needs to know of types_boto3_bedrock_runtime.
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient as BedrockRuntimeClient
