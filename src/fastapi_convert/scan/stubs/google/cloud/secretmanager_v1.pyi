# What scan needs to know of google.cloud.secretmanager_v1.
from google.cloud.secretmanager import (
    SecretManagerServiceAsyncClient as SecretManagerServiceAsyncClient,
    SecretManagerServiceClient as SecretManagerServiceClient,
)
