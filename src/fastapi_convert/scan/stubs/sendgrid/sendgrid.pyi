# What scan needs to know of sendgrid.sendgrid.
from sendgrid import SendGridAPIClient as SendGridAPIClient
