# What scan needs to know of elevenlabs.
from elevenlabs.client import (
    AsyncElevenLabs as AsyncElevenLabs,
    ElevenLabs as ElevenLabs,
)
