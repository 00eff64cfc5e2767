"""Payments."""

from __future__ import annotations

from functools import partial

from ._categories import SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)

_STRIPE_RESOURCES = (
    ("Account", "create retrieve modify list delete"),
    ("AccountLink", "create"),
    ("AccountSession", "create"),
    ("Balance", "retrieve"),
    ("BalanceTransaction", "retrieve list"),
    ("Charge", "create retrieve modify list search capture"),
    ("Coupon", "create retrieve modify list delete"),
    ("CreditNote", "create retrieve list void_credit_note"),
    ("Customer", "create retrieve modify list search delete create_source list_payment_methods delete_discount"),
    ("Dispute", "retrieve modify list close"),
    ("EphemeralKey", "create"),
    ("Event", "retrieve list"),
    ("File", "create retrieve list"),
    (
        "Invoice",
        "create retrieve modify list search delete pay finalize_invoice send_invoice void_invoice create_preview",
    ),
    ("InvoiceItem", "create retrieve modify list delete"),
    ("PaymentIntent", "create retrieve modify list search confirm capture cancel"),
    ("PaymentLink", "create retrieve modify list"),
    ("PaymentMethod", "create retrieve modify list attach detach"),
    ("Payout", "create retrieve modify list cancel"),
    ("Plan", "create retrieve modify list delete"),
    ("Price", "create retrieve modify list search"),
    ("Product", "create retrieve modify list search delete"),
    ("PromotionCode", "create retrieve modify list"),
    ("Quote", "create retrieve modify list accept cancel finalize_quote"),
    ("Refund", "create retrieve modify list cancel"),
    ("SetupIntent", "create retrieve modify list confirm cancel"),
    ("Source", "create retrieve modify"),
    ("Subscription", "create retrieve modify list search cancel resume"),
    ("SubscriptionItem", "create retrieve modify list delete"),
    ("SubscriptionSchedule", "create retrieve modify list cancel release"),
    ("TaxRate", "create retrieve modify list"),
    ("Token", "create retrieve"),
    ("Topup", "create retrieve list cancel"),
    ("Transfer", "create retrieve modify list create_reversal"),
    ("WebhookEndpoint", "create retrieve modify list delete"),
    ("billing_portal.Session", "create"),
    ("billing_portal.Configuration", "create retrieve modify list"),
    ("checkout.Session", "create retrieve modify list expire list_line_items"),
    ("identity.VerificationSession", "create retrieve modify list cancel"),
    ("issuing.Card", "create retrieve modify list"),
    ("terminal.ConnectionToken", "create"),
)
_STRIPE_SERVICES = (
    ("accounts", "create retrieve update list"),
    ("account_links", "create"),
    ("balance", "retrieve"),
    ("billing_portal.sessions", "create"),
    ("charges", "create retrieve update list search capture"),
    ("checkout.sessions", "create retrieve update list expire"),
    ("coupons", "create retrieve update list delete"),
    ("customers", "create retrieve update list search delete"),
    ("events", "retrieve list"),
    ("invoices", "create retrieve update list search pay finalize_invoice send_invoice void_invoice"),
    ("invoice_items", "create retrieve update list delete"),
    ("payment_intents", "create retrieve update list search confirm capture cancel"),
    ("payment_links", "create retrieve update list"),
    ("payment_methods", "create retrieve update list attach detach"),
    ("payouts", "create retrieve update list cancel"),
    ("prices", "create retrieve update list search"),
    ("products", "create retrieve update list search delete"),
    ("promotion_codes", "create retrieve update list"),
    ("refunds", "create retrieve update list cancel"),
    ("setup_intents", "create retrieve update list confirm cancel"),
    ("subscriptions", "create retrieve update list search cancel resume"),
    ("subscription_items", "create retrieve update list delete"),
    ("transfers", "create retrieve update list"),
    ("webhook_endpoints", "create retrieve update list delete"),
)
_ASYNC = "`await` the same name with `_async`: Stripe then uses httpx."

_STRIPE = (
    *(
        row
        for resource, names in _STRIPE_RESOURCES
        for row in _rows(
            f"stripe.{resource}", names, f"stripe.{resource}.*_async", construct=f"stripe.{resource}", note=_ASYNC
        )
    ),
    *(
        row
        for service, names in _STRIPE_SERVICES
        for version in ("v1.", "")
        for row in _rows(
            f"stripe.StripeClient.{version}{service}",
            names,
            "stripe.HTTPXClient",
            construct=f'stripe.StripeClient("key").{version}{service}',
            note=_ASYNC,
        )
    ),
    *_rows("stripe.OAuth", "token deauthorize", construct="stripe.OAuth"),
)

_BRAINTREE = (
    "transaction.sale transaction.refund transaction.void transaction.find transaction.search "
    "transaction.submit_for_settlement customer.create customer.find customer.update customer.delete "
    "payment_method.create payment_method.find payment_method.update payment_method.delete subscription.create "
    "subscription.find subscription.update subscription.cancel client_token.generate plan.all"
)
_RAZORPAY = (
    "order.create order.fetch order.all order.payments payment.fetch payment.capture payment.refund payment.all "
    "refund.create refund.fetch refund.all customer.create customer.fetch subscription.create subscription.fetch "
    "subscription.cancel plan.create plan.fetch payment_link.create payment_link.fetch invoice.create invoice.fetch"
)
_SQUARE = (
    "payments.create payments.get payments.list payments.cancel payments.complete refunds.refund_payment orders.create "
    "orders.get orders.search customers.create customers.get customers.list customers.search customers.update "
    "customers.delete cards.create cards.list catalog.list catalog.search invoices.create invoices.publish "
    "locations.list subscriptions.create checkout.payment_links.create"
)
_PLAID = (
    "link_token_create item_public_token_exchange accounts_get accounts_balance_get transactions_sync transactions_get "
    "auth_get identity_get item_get item_remove institutions_get_by_id"
)

_OTHERS = (
    *_rows(
        "paypalrestsdk.Payment",
        "create execute",
        construct="paypalrestsdk.Payment({})",
    ),
    *_rows("paypalrestsdk.Payment", "find all", construct="paypalrestsdk.Payment", arguments='"id"'),
    *_rows("paypalrestsdk.Payout", "create", construct="paypalrestsdk.Payout({})"),
    *_rows("paypalrestsdk.Sale", "find", construct="paypalrestsdk.Sale", arguments='"id"'),
    *_rows("paypalrestsdk.BillingPlan", "create activate", construct="paypalrestsdk.BillingPlan({})"),
    *_rows("paypalrestsdk.BillingAgreement", "create", construct="paypalrestsdk.BillingAgreement({})"),
    *_rows("braintree.BraintreeGateway", _BRAINTREE, construct="braintree.BraintreeGateway(None)"),
    *_rows("braintree.Transaction", "sale refund void find", construct="braintree.Transaction"),
    *_rows("braintree.Customer", "create find update delete", construct="braintree.Customer"),
    *_rows("braintree.ClientToken", "generate", construct="braintree.ClientToken"),
    *_rows("razorpay.Client", _RAZORPAY, construct="razorpay.Client()"),
    *_rows("square.Square", _SQUARE, "square.AsyncSquare", construct="square.Square()"),
    *_rows(
        "mercadopago.resources.Payment",
        "create get search update",
        construct='mercadopago.SDK("token").payment()',
    ),
    *_rows(
        "mercadopago.resources.Preference",
        "create get search update",
        construct='mercadopago.SDK("token").preference()',
    ),
    *_rows(
        "mercadopago.resources.Customer",
        "create get search update delete",
        construct='mercadopago.SDK("token").customer()',
    ),
    *_rows("plaid.api.plaid_api.PlaidApi", _PLAID, construct="plaid.api.plaid_api.PlaidApi(None)"),
)

ROWS: tuple[Blocking, ...] = (*_STRIPE, *_OTHERS)
