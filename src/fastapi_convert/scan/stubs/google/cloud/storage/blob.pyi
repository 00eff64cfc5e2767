# What scan needs to know of google.cloud.storage.blob.
from google.cloud.storage import Blob as Blob
