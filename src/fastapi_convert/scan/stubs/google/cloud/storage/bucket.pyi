# What scan needs to know of google.cloud.storage.bucket.
from google.cloud.storage import Bucket as Bucket
