# What scan needs to know of minio.api.
from minio import Minio as Minio
