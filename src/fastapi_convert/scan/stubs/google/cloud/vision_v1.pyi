# What scan needs to know of google.cloud.vision_v1.
from google.cloud.vision import (
    ImageAnnotatorAsyncClient as ImageAnnotatorAsyncClient,
    ImageAnnotatorClient as ImageAnnotatorClient,
)
