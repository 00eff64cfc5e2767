# What scan needs to know of google.cloud.documentai_v1.
from google.cloud.documentai import DocumentProcessorServiceAsyncClient as DocumentProcessorServiceAsyncClient
from google.cloud.documentai import DocumentProcessorServiceClient as DocumentProcessorServiceClient
