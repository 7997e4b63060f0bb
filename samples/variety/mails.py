"""Invoices and receipts in the body of a message: HTML of several builds, and plain text."""

from decimal import Decimal
from html import escape
from random import Random

from samples.variety.case import Case

Rows = list[tuple[str, str]]


def draw_html(case: Case, random: Random) -> tuple[str, dict[str, str]]:
    """Return an HTML body, and the values that can be read off it."""
    shown = dict(case.truth())
    facts, sums = _facts(case, random, shown), _sums(case, random, shown)
    goods = [(f"{item.name} x {item.quantity}", case.money(item.amount)) for item in case.items]
    block = random.choice((_tables, _divisions, _list))
    seller = case.seller
    title = _title(case)
    intro = random.choice(("", f"<p>{escape(case.said['thanks'])}</p>", f"<h1>{escape(seller.name)}</h1>"))
    address = ", ".join((seller.street, seller.place))
    foot = random.choice(
        (
            f"<p>© {case.issued.year} {escape(seller.name)}, {escape(address)}</p>",
            f"<p><b>{escape(seller.name)}</b><br>{escape(address)}<br>info@{seller.domain}</p>",
            f'<p>{escape(seller.name)} | {escape(address)} | <a href="https://www.{seller.domain}/help">www.{seller.domain}</a></p>',
        )
    )
    heading = escape(title) if random.random() < 0.6 else f"{escape(title)} {escape(case.number)}"
    body = f"{intro}<h2>{heading}</h2>{block(facts)}{block(goods)}{block(sums)}{foot}"
    return (
        f"<!DOCTYPE html><html><head><style>td{{padding:4px}}</style><title>{escape(title)}</title></head>"
        f'<body><table width="100%"><tr><td align="center"><div>{body}</div></td></tr></table></body></html>'
    ), shown


def draw_text(case: Case, random: Random) -> tuple[str, dict[str, str]]:
    """Return a plain body, and the values that can be read off it."""
    shown = dict(case.truth())
    lines = [case.seller.name, *case.seller.lines[1:], "", _title(case), ""]
    lines += [f"{label}: {value}" for label, value in _facts(case, random, shown)]
    lines += [
        "",
        *(f"{item.quantity} x {item.name:<34} {case.money(item.amount):>16}" for item in case.items),
        "-" * 56,
    ]
    wide = random.random() < 0.5
    lines += [
        f"{label + ':':<36} {value:>18}" if wide else f"{label}: {value}" for label, value in _sums(case, random, shown)
    ]
    return "\n".join((*lines, "", case.said["thanks"], f"info@{case.seller.domain}", "")), shown


def _title(case: Case) -> str:
    said = case.said
    return {"invoice": said["invoice"], "receipt": said["receipt"], "credit_note": said["credit"]}[case.kind]


def _facts(case: Case, random: Random, shown: dict[str, str]) -> Rows:
    said = case.said
    label = said["receipt_number"] if case.kind == "receipt" else said["number"]
    if case.kind == "receipt" and random.random() < 0.4:
        label = said["order_number"]
    rows = [(label, case.number), (said["issued"], case.date(case.issued))]
    if case.due is not None:
        rows.append((said["due"], case.date(case.due)))
        shown["due_date"] = case.due.isoformat()
    return rows


def _sums(case: Case, random: Random, shown: dict[str, str]) -> Rows:
    said = case.said
    rows: Rows = []
    if case.with_tax:
        rows.append((said["net"], case.money(case.net)))
        rows += [(f"{said['tax']} {rate.normalize():f}%", case.money(tax)) for rate, _, tax in case.tax_by_rate()]
        shown |= {"net": str(case.net), "tax": str(case.tax)}
    elif random.random() < 0.4:
        rows.append((said["subtotal"], case.money(sum((item.amount for item in case.items), Decimal(0)))))
    label = case.phrasebook.total[0] if case.paid else said["total"]
    rows.append((label if case.names_currency else f"{label} ({case.country.currency})", case.money(case.total)))
    return rows


def _tables(rows: Rows) -> str:
    cells = "".join(f"<tr><td>{escape(label)}</td><td align='right'>{escape(value)}</td></tr>" for label, value in rows)
    return f"<table>{cells}</table>"


def _divisions(rows: Rows) -> str:
    return "".join(
        f"<div><span>{escape(label)}:</span> <strong>{escape(value)}</strong></div>" for label, value in rows
    )


def _list(rows: Rows) -> str:
    return "<table>" + "".join(
        f"<tr><td><p>{escape(label)}</p></td><td><p><b>{escape(value)}</b></p></td></tr>" for label, value in rows
    ) + "</table>"  # fmt: skip
