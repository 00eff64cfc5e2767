# What scan needs to know of mypy_boto3_ec2.service_resource.
from boto3.resources.base import ServiceResource
from mypy_boto3_ec2 import EC2ServiceResource as EC2ServiceResource

class Instance(ServiceResource): ...
