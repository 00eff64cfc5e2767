# What scan needs to know of pptx.
from pptx.presentation import Presentation as _Presentation

def Presentation(pptx=None) -> _Presentation: ...
