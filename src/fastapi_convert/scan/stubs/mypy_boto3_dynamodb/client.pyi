# What scan needs to know of mypy_boto3_dynamodb.client.
from mypy_boto3_dynamodb import DynamoDBClient as DynamoDBClient
