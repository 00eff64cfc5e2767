# What scan needs to know of pusher.pusher.
from pusher import Pusher as Pusher
