# What scan needs to know of emails.message.
from emails import (
    Message as Message,
    html as html,
)
