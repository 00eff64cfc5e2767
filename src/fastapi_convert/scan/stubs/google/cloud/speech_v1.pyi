# What scan needs to know of google.cloud.speech_v1.
from google.cloud.speech import (
    SpeechAsyncClient as SpeechAsyncClient,
    SpeechClient as SpeechClient,
)
