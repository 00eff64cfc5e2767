# What scan needs to know of kafka.producer.
from kafka import KafkaProducer as KafkaProducer
