# What scan needs to know of mypy_boto3_ec2.client.
from mypy_boto3_ec2 import EC2Client as EC2Client
