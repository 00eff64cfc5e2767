# What scan needs to know of meilisearch.client.
from meilisearch import Client as Client
