# What scan needs to know of mypy_boto3_s3.client.
from mypy_boto3_s3 import S3Client as S3Client
