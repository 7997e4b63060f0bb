"""Bank account and tax numbers of the right shape for each country; IBANs pass their check (ISO
13616, mod 97)."""

from random import Random
from string import ascii_uppercase, digits

# '#' stands for a digit, '?' for a capital letter, anything else for itself.
_BBAN = {
    "AT": "################",
    "CH": "#################",
    "DE": "##################",
    "ES": "####################",
    "FR": "#######################",
    "GB": "????##############",
    "IE": "????##############",
    "IT": "?######################",
    "NL": "????##########",
}
_TAX_ID = {
    "AT": "ATU########",
    "CH": "CHE-###.###.### MWST",
    "DE": "DE#########",
    "ES": "ESB########",
    "FR": "FR###########",
    "GB": "GB#########",
    "IE": "IE#######?A",
    "IT": "IT###########",
    "NL": "NL#########B01",
}


def iban(country: str, random: Random) -> str | None:
    """Return an IBAN whose check digits are right; None where the country has none."""
    return bank_account(country, _BBAN.get(country), random)


def bank_account(country: str, shape: str | None, random: Random) -> str | None:
    """Return an account as `iban` does, for a national account number of this shape."""
    if shape is None:
        return None
    bban = filled(shape, random)
    check = 98 - _mod97(f"{bban}{country}00")
    return f"{country}{check:02}{bban}"


def tax_id(country: str, random: Random) -> str | None:
    """Return a VAT number of the country's shape; None where there is no VAT."""
    shape = _TAX_ID.get(country)
    return None if shape is None else filled(shape, random)


def passes_mod97(account: str) -> bool:
    """Return whether an IBAN's check digits are right."""
    return _mod97(account[4:] + account[:4]) == 1


def _mod97(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97


def filled(shape: str, random: Random) -> str:
    """Fill a shape: every `#` a digit and every `?` a capital letter."""
    alphabets = {"#": digits, "?": ascii_uppercase}
    return "".join(random.choice(alphabets[sign]) if sign in alphabets else sign for sign in shape)
