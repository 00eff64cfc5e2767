# What scan needs to know of mypy_boto3_sqs.service_resource.
from boto3.resources.base import ServiceResource
from mypy_boto3_sqs import SQSServiceResource as SQSServiceResource

class Queue(ServiceResource): ...
