# What scan needs to know of jwt.jwks_client.
from jwt import PyJWKClient as PyJWKClient
