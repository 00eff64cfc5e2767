# What scan needs to know of google.cloud.translate_v3.
from google.cloud.translate import (
    TranslationServiceAsyncClient as TranslationServiceAsyncClient,
    TranslationServiceClient as TranslationServiceClient,
)
