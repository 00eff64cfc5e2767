# What scan needs to know of types_boto3_lambda.
from mypy_boto3_lambda import LambdaClient as LambdaClient
