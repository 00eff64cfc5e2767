# What scan needs to know of mypy_boto3_sns.service_resource.
from boto3.resources.base import ServiceResource
from mypy_boto3_sns import SNSServiceResource as SNSServiceResource

class Topic(ServiceResource): ...
