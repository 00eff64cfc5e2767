"""Puts files into the archive, a bucket of S3, with boto3. Nobody converted this module and nobody has to."""

from __future__ import annotations

import os
from typing import BinaryIO

import boto3
from boto3.s3.transfer import TransferConfig

BUCKET = os.environ.get("ARCHIVE_BUCKET", "archive")

client = boto3.client("s3")
# One part of 8 MB in memory, where boto3's threads would keep ten.
parts = TransferConfig(use_threads=False)


def archive(file: BinaryIO, key: str) -> None:
    """Store a file under a key: all of it, or no object at all."""
    client.upload_fileobj(file, BUCKET, key, Config=parts)
