# What scan needs to know of google.genai.client.
from google.genai import (
    AsyncClient as AsyncClient,
    Client as Client,
)
