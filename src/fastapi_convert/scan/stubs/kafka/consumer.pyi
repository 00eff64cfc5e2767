# What scan needs to know of kafka.consumer.
from kafka import KafkaConsumer as KafkaConsumer
