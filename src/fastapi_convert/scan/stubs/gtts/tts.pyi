# What scan needs to know of gtts.tts.
from gtts import gTTS as gTTS
