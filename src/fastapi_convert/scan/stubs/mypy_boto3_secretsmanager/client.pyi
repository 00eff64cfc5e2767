# What scan needs to know of mypy_boto3_secretsmanager.client.
from mypy_boto3_secretsmanager import SecretsManagerClient as SecretsManagerClient
