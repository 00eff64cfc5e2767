# What scan needs to know of google.cloud.storage.client.
from google.cloud.storage import Client as Client
