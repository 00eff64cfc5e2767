# What scan needs to know of google.generativeai.generative_models.
from google.generativeai import (
    ChatSession as ChatSession,
    GenerativeModel as GenerativeModel,
)
