# What scan needs to know of types_boto3_dynamodb.
from mypy_boto3_dynamodb import (
    DynamoDBClient as DynamoDBClient,
    DynamoDBServiceResource as DynamoDBServiceResource,
)
