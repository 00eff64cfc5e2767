# What scan needs to know of types_boto3_ec2.
from mypy_boto3_ec2 import (
    EC2Client as EC2Client,
    EC2ServiceResource as EC2ServiceResource,
)
