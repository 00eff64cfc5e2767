"""Mail by libraries: senders over SMTP, readers over IMAP, and the services that send for you."""

from __future__ import annotations

from functools import partial

from ._categories import MAIL
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=MAIL)
_SMTP = "Build the message as before, and hand it to `aiosmtplib`; or send it from a job."
_REQUEST = "One HTTP request to the service, with its retries."
_MAILBOX = 'imap_tools.MailBox("imap.example.org")'
_IMAP = 'imapclient.IMAPClient("imap.example.org")'
_EXCHANGE = 'exchangelib.Account("somebody@example.org")'

_SENDERS = (
    *_rows("yagmail", "SMTP", "aiosmtplib.SMTP", arguments='"user", "password"', note="Connects and logs in."),
    *_rows(
        "yagmail.SMTP",
        "send send_unsent login",
        "aiosmtplib.send",
        construct='yagmail.SMTP("user", "password")',
        note=_SMTP,
    ),
    *_rows(
        "redmail.EmailSender",
        "send send_message connect",
        "aiosmtplib.send",
        construct='redmail.EmailSender("smtp.example.org", 587)',
        note=_SMTP,
    ),
    *_rows(
        "emails.Message",
        "send",
        "aiosmtplib.send",
        construct='emails.Message(text="Hello")',
        note=_SMTP,
    ),
    *_rows(
        "logging.handlers.SMTPHandler",
        "emit",
        "logging.handlers.QueueHandler",
        construct='logging.handlers.SMTPHandler("smtp.example.org", "from@example.org", [], "subject")',
        arguments="record",
        level="all",
        note="A `QueueHandler` hands the record to a thread that sends it.",
    ),
)

_READERS = (
    *_rows(
        "imap_tools",
        "MailBox MailBoxUnencrypted MailBoxStartTls",
        arguments='"imap.example.org"',
        note="Connects to the server.",
    ),
    *_rows(
        "imap_tools.BaseMailBox",
        "login xoauth2 logout fetch uids numbers append copy move delete flag expunge folder.list folder.set "
        "folder.status folder.create folder.delete idle.wait",
        construct=_MAILBOX,
    ),
    *_rows("imapclient", "IMAPClient", arguments='"imap.example.org"', note="Connects to the server."),
    *_rows(
        "imapclient.IMAPClient",
        "login oauth2_login logout select_folder list_folders search fetch append copy move delete_messages expunge "
        "add_flags remove_flags folder_status create_folder delete_folder idle idle_check idle_done",
        construct=_IMAP,
    ),
    *_rows(
        "exchangelib",
        "Account",
        arguments='"somebody@example.org", autodiscover=True',
        level="warn",
        note="Looks for the server if `autodiscover` is true.",
    ),
    *_rows(
        "exchangelib.Account",
        "fetch bulk_create bulk_update bulk_delete bulk_send bulk_move bulk_copy export upload",
        construct=_EXCHANGE,
    ),
    *_rows(
        "exchangelib.Message",
        "send send_and_save save reply reply_all forward delete move move_to_trash copy refresh",
        construct=f"exchangelib.Message(account={_EXCHANGE})",
    ),
    *_rows(
        "exchangelib.CalendarItem",
        "save delete move refresh accept decline",
        construct=f"exchangelib.CalendarItem(account={_EXCHANGE})",
    ),
)

_SERVICES = (
    *_rows(
        "sendgrid.SendGridAPIClient",
        "send client.mail.send.post",
        construct='sendgrid.SendGridAPIClient("key")',
        note=_REQUEST,
    ),
    *_rows(
        "resend.Emails",
        "send get update cancel list",
        "resend.Emails.*_async",
        construct="resend.Emails",
        note=_REQUEST,
    ),
    *_rows("resend.Batch", "send", "resend.Batch.*_async", construct="resend.Batch", note=_REQUEST),
    *_rows(
        "resend.Contacts",
        "create get update remove list",
        "resend.Contacts.*_async",
        construct="resend.Contacts",
        note=_REQUEST,
    ),
    *_rows(
        "postmarker.core.PostmarkClient",
        "call emails.send emails.send_batch",
        construct='postmarker.core.PostmarkClient("token")',
        note=_REQUEST,
    ),
    *_rows(
        "mailjet_rest.Client",
        "send.create contact.create contact.get message.get contactslist.create listrecipient.create",
        construct="mailjet_rest.Client()",
        note=_REQUEST,
    ),
    *_rows(
        "mailgun.client.Client",
        "messages.create events.get domains.get domains.create",
        construct='mailgun.client.Client(auth=("api", "key"))',
        note=_REQUEST,
    ),
    *_rows(
        "mailchimp_marketing.Client",
        "ping.get lists.add_list_member lists.set_list_member lists.get_list_member lists.update_list_member "
        "lists.get_all_lists lists.get_list_members_info lists.delete_list_member lists.batch_list_members "
        "campaigns.create campaigns.send campaigns.set_content",
        construct="mailchimp_marketing.Client()",
        note=_REQUEST,
    ),
    *_rows(
        "mailchimp_transactional.Client",
        "messages.send messages.send_template users.ping",
        construct='mailchimp_transactional.Client("key")',
        note=_REQUEST,
    ),
    *_rows(
        "sib_api_v3_sdk.TransactionalEmailsApi",
        "send_transac_email",
        construct="sib_api_v3_sdk.TransactionalEmailsApi()",
        note=_REQUEST,
    ),
    *_rows(
        "sib_api_v3_sdk.ContactsApi",
        "create_contact get_contact_info update_contact delete_contact add_contact_to_list get_contacts",
        construct="sib_api_v3_sdk.ContactsApi()",
        note=_REQUEST,
    ),
)

ROWS: tuple[Blocking, ...] = (*_SENDERS, *_READERS, *_SERVICES)
