# What scan needs to know of imap_tools.mailbox.
from imap_tools import (
    BaseMailBox as BaseMailBox,
    MailBox as MailBox,
    MailBoxStartTls as MailBoxStartTls,
    MailBoxUnencrypted as MailBoxUnencrypted,
)
