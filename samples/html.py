"""Receipts as HTML mail: two layouts, with schema.org JSON-LD or without."""

import json
from decimal import Decimal
from html import escape
from typing import Any

from samples.model import Invoice
from samples.regions import Wording, wording_of

_STYLE = "font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#222"


def table_receipt(invoice: Invoice, json_ld: dict[str, Any] | None = None) -> str:
    """Return a receipt laid out with tables, as most shops send it."""
    wording = wording_of(invoice)
    labels = wording.labels
    cell = '<td style="padding:4px 8px;border-bottom:1px solid #ddd"'
    rows = "".join(
        f"<tr>{cell}>{escape(line.description)}</td>{cell}>{line.quantity}</td>"
        f'{cell} align="right">{escape(wording.money(line.amount))}</td></tr>\n'
        for line in invoice.lines
    )
    sums = "".join(
        f'<tr><td colspan="2" style="padding:4px 8px">{escape(label)}</td>'
        f'<td align="right" style="padding:4px 8px">{escape(wording.money(value))}</td></tr>\n'
        for label, value in _sums(invoice, wording)
    )
    facts = "<br>\n".join(f"{escape(label)}: {escape(value)}" for label, value in _facts(invoice, wording))
    return _page(
        invoice,
        json_ld,
        f'<table width="600" align="center" style="{_STYLE}"><tr><td>\n'
        f'<h2 style="color:{invoice.vendor.colour}">{escape(invoice.vendor.name)}</h2>\n'
        f"<h3>{escape(wording.title(invoice))}</h3>\n<p>{facts}</p>\n"
        f'<table width="100%" cellspacing="0">\n<tr><th align="left">{escape(labels.item)}</th>'
        f'<th align="left">{escape(labels.quantity)}</th><th align="right">{escape(labels.amount)}</th></tr>\n'
        f"{rows}{sums}</table>\n<p>{escape(labels.paid)}. {escape(labels.thanks)}</p>\n"
        f'<p style="color:#777;font-size:12px">{escape(" · ".join(invoice.vendor.lines))}</p>\n</td></tr></table>',
    )


def block_receipt(invoice: Invoice, json_ld: dict[str, Any] | None = None) -> str:
    """Return a receipt laid out with blocks, label above value, as younger services send it."""
    wording = wording_of(invoice)
    pairs = [*_facts(invoice, wording)]
    pairs += [(label, wording.money(value)) for label, value in _sums(invoice, wording)]
    blocks = "\n".join(
        f'<div style="display:inline-block;width:45%;margin:8px 0"><span style="color:#888">{escape(label)}</span>'
        f"<br><strong>{escape(value)}</strong></div>"
        for label, value in pairs
    )
    items = "\n".join(
        f"<li>{line.quantity} x {escape(line.description)}: {escape(wording.money(line.amount))}</li>"
        for line in invoice.lines
    )
    return _page(
        invoice,
        json_ld,
        f'<div style="max-width:560px;margin:auto;{_STYLE}">\n'
        f'<div style="background:{invoice.vendor.colour};color:#fff;padding:16px">{escape(invoice.vendor.name)}</div>\n'
        f"<h1>{escape(wording.title(invoice))}</h1>\n{blocks}\n<ul>\n{items}\n</ul>\n"
        f"<p>{escape(wording.labels.paid)}</p>\n"
        f"<footer>{escape(', '.join(invoice.vendor.lines))}</footer>\n</div>",
    )


def schema_invoice(invoice: Invoice) -> dict[str, Any]:
    """Return the receipt as schema.org/Invoice."""
    return {
        "@context": "https://schema.org",
        "@type": "Invoice",
        "confirmationNumber": invoice.number,
        "dateCreated": invoice.issue_date.isoformat(),
        "provider": _organization(invoice),
        "paymentStatus": "https://schema.org/PaymentComplete",
        "totalPaymentDue": {
            "@type": "PriceSpecification",
            "price": str(invoice.total),
            "priceCurrency": invoice.vendor.currency,
        },
    }


def schema_order(invoice: Invoice) -> dict[str, Any]:
    """Return the receipt as schema.org/Order."""
    return {
        "@context": "https://schema.org",
        "@type": "Order",
        "orderNumber": invoice.number,
        "orderDate": f"{invoice.issue_date.isoformat()}T09:30:00+00:00",
        "orderStatus": "https://schema.org/OrderProcessing",
        "seller": _organization(invoice),
        "price": str(invoice.total),
        "priceCurrency": invoice.vendor.currency,
        "acceptedOffer": [
            {
                "@type": "Offer",
                "itemOffered": {"@type": "Product", "name": line.description},
                "price": str(line.price),
                "priceCurrency": invoice.vendor.currency,
                "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
            }
            for line in invoice.lines
        ],
    }


def _organization(invoice: Invoice) -> dict[str, str]:
    organization = {"@type": "Organization", "name": invoice.vendor.name}
    return organization | ({"vatID": invoice.vendor.tax_id} if invoice.vendor.tax_id else {})


def _facts(invoice: Invoice, wording: Wording) -> list[tuple[str, str]]:
    labels = wording.labels
    facts = [(labels.receipt_number, invoice.number), (labels.date, wording.date(invoice.issue_date))]
    return facts + ([(labels.tax_id, invoice.vendor.tax_id)] if invoice.vendor.tax_id else [])


def _sums(invoice: Invoice, wording: Wording) -> list[tuple[str, Decimal]]:
    labels = wording.labels
    taxes = [(wording.tax(share.rate), share.tax) for share in invoice.shares]
    return [(labels.net, invoice.net), *taxes, (labels.total, invoice.total)]


def _page(invoice: Invoice, json_ld: dict[str, Any] | None, body: str) -> str:
    script = ""
    if json_ld is not None:
        script = (
            f'<script type="application/ld+json">\n{json.dumps(json_ld, ensure_ascii=False, indent=1)}\n</script>\n'
        )
    title = escape(wording_of(invoice).title(invoice))
    head = f'<meta charset="utf-8"><title>{title}</title>\n{script}'
    return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body>\n{body}\n</body></html>\n"
