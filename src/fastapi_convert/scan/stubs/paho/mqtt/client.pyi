# What scan needs to know of paho.mqtt.client.
from typing import Any

class Client:
    def publish(self, *args: Any, **kw: Any) -> MQTTMessageInfo: ...

class MQTTMessageInfo: ...
