# What scan needs to know of pydub.audio_segment.
from pydub import AudioSegment as AudioSegment
