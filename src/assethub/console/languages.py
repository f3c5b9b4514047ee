"""The languages of the console: which one a visitor gets, its texts, and how it writes numbers."""

import math
from datetime import UTC, datetime
from functools import cached_property
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_scientific
from babel.support import Translations

LOCALES = Path(__file__).with_name("locale")
_SECOND = 1_000_000
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_DECIMALS = "#,##0.####"
_SMALLEST_CHANCE = 0.001
_SMALL, _SMALLEST_PLAIN = 0.001, 0.00001


class Language:
    """One language: `code` is its BCP 47 tag, `name` what it calls itself."""

    def __init__(self, code: str, name: str) -> None:
        self.code = code
        self.name = name
        self._locale = Locale.parse(code, sep="-")

    @cached_property
    def translations(self) -> NullTranslations:
        """The texts; those of the code itself are English."""
        catalog = read_catalog(self.code)
        if not catalog:
            return NullTranslations()
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        return Translations(compiled)

    def ago(self, moment: int) -> str:
        """How long ago a moment was, given in microseconds since the epoch: `4 minutes ago`."""
        passed = datetime.now(UTC) - _datetime(moment)
        if passed.total_seconds() < 1:
            return self.translations.gettext("just now")
        return format_timedelta(-passed, add_direction=True, locale=self._locale)

    def exactly(self, moment: int) -> str:
        """A moment, given in microseconds since the epoch, to the second in UTC."""
        return format_datetime(_datetime(moment), "long", locale=self._locale)

    def day(self, moment: int) -> str:
        """The day of a moment, given in microseconds since the epoch, in UTC."""
        return format_date(_datetime(moment), "medium", locale=self._locale)

    def iso(self, moment: int) -> str:
        """A moment, given in microseconds since the epoch, for programs that read the page."""
        return _datetime(moment).isoformat(timespec="seconds")

    def count(self, number: int) -> str:
        return format_decimal(number, locale=self._locale)

    def number(self, value: float) -> str:
        """A metric, short: four decimals, or three or four digits where it is small or large."""
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        if value and not _SMALLEST_PLAIN <= abs(value) < 1e15:
            # Rounded before: the pattern would write 9.9999E-7 as 10E-7.
            rounded = float(f"{value:.3e}")
            return format_scientific(rounded, "0.###E0", locale=self._locale)
        if 0 < abs(value) < _SMALL:
            return format_decimal(float(f"{value:.3g}"), "0.#######", locale=self._locale)
        return format_decimal(value, _DECIMALS, locale=self._locale)

    def chance(self, value: float) -> str:
        """A p-value: four decimals, below 0.001 only that it is smaller."""
        return self.number(value) if value >= _SMALLEST_CHANCE else f"< {_SMALLEST_CHANCE}"

    def interval(self, low: float, high: float) -> str:
        return f"[{self.number(low)}, {self.number(high)}]"

    def size(self, size: int) -> str:
        """A number of bytes in the unit that leaves one to three digits before the point."""
        shown, power = float(size), 0
        while shown >= 999.5 and power < len(_UNITS) - 1:
            shown, power = shown / 1000, power + 1
        pattern = "0.#" if power and shown < 99.95 else "0"
        return f"{format_decimal(shown, pattern, locale=self._locale)} {_UNITS[power]}"


def read_catalog(code: str) -> Catalog:
    """All texts of a language: those of each file in its directory, one for each room."""
    whole = Catalog(locale=code.replace("-", "_"))
    for path in sorted((LOCALES / code.replace("-", "_")).glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source, locale=whole.locale):
                if message.id:
                    whole[message.id] = message
    return whole


LANGUAGES = {
    language.code: language for language in (Language("en", "English"), Language("zh-CN", "中文"))
}


def choose_language(chosen: str | None, accepted: str) -> Language:
    """The language that a visitor chose before, else the best of an Accept-Language header."""
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    for tag in _by_preference(accepted):
        for language in LANGUAGES.values():
            if tag.split("-")[0] == language.code.split("-")[0]:
                return language
    return LANGUAGES["en"]


def _by_preference(accepted: str) -> list[str]:
    weighted = []
    for part in accepted.lower().split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda each: -each[0])]


def _datetime(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / _SECOND, UTC)
