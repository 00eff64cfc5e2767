# What scan needs to know of b2sdk.v3.
from b2sdk.v2 import (
    B2Api as B2Api,
    Bucket as Bucket,
)
