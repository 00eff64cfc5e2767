# What scan needs to know of kafka.admin.
from kafka import KafkaAdminClient as KafkaAdminClient
