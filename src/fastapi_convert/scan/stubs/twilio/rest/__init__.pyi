# What scan needs to know of twilio.rest.
from twilio.rest.lookups import Lookups
from twilio.rest.verify import Verify

class Client:
    verify: Verify
    lookups: Lookups
