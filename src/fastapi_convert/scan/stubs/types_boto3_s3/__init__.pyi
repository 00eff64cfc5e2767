# What scan needs to know of types_boto3_s3.
from mypy_boto3_s3 import (
    S3Client as S3Client,
    S3ServiceResource as S3ServiceResource,
)
