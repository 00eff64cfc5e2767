# What scan needs to know of mongoengine.document.
from mongoengine import (
    Document as Document,
    DynamicDocument as DynamicDocument,
)
