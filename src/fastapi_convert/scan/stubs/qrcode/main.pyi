# What scan needs to know of qrcode.main.
from qrcode import QRCode as QRCode
from qrcode import make as make
