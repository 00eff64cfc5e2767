# What scan needs to know of mypy_boto3_dynamodb.service_resource.
from boto3.resources.base import ServiceResource
from mypy_boto3_dynamodb import DynamoDBServiceResource as DynamoDBServiceResource

class Table(ServiceResource): ...
