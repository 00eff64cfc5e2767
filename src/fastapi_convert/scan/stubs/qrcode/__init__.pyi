# What scan needs to know of qrcode.
from typing import Any

from qrcode.image.base import BaseImage

class QRCode:
    def make_image(self, *args: Any, **kw: Any) -> BaseImage: ...

def make(*args: Any, **kw: Any) -> BaseImage: ...
