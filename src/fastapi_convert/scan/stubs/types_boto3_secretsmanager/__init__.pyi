# What scan needs to know of types_boto3_secretsmanager.
from mypy_boto3_secretsmanager import SecretsManagerClient as SecretsManagerClient
