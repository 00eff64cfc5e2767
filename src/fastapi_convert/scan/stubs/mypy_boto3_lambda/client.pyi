# What scan needs to know of mypy_boto3_lambda.client.
from mypy_boto3_lambda import LambdaClient as LambdaClient
