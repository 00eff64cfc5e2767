# What scan needs to know of moviepy.editor.
from moviepy import AudioFileClip as AudioFileClip
from moviepy import CompositeAudioClip as CompositeAudioClip
from moviepy import CompositeVideoClip as CompositeVideoClip
from moviepy import ImageClip as ImageClip
from moviepy import TextClip as TextClip
from moviepy import VideoClip as VideoClip
from moviepy import VideoFileClip as VideoFileClip
from moviepy import concatenate_audioclips as concatenate_audioclips
from moviepy import concatenate_videoclips as concatenate_videoclips
