# What scan needs to know of google.cloud.pubsub.
from google.cloud.pubsub_v1 import (
    PublisherClient as PublisherClient,
    SubscriberClient as SubscriberClient,
)
