# What scan needs to know of mypy_boto3_secretsmanager.
from botocore.client import BaseClient

class SecretsManagerClient(BaseClient): ...
