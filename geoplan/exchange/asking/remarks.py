"""What an import has to say: a refusal, a doubt, a thing left out; each with its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from geoplan.errors import GeoplanError
from geoplan.exchange.asking.sentences import SENTENCES
from geoplan.plan.problems import Both, Language

_SHOWN_CHARS = 60


@dataclass(frozen=True)
class Remark:
    """One thing to know about a file, a sheet, a row or a cell of it.

    Attributes
    ----------
    code :
        One of :data:`geoplan.exchange.asking.sentences.SENTENCES`.
    row :
        As a spreadsheet counts; 0 means the whole sheet or layer.
    column :
        Title of the column in the file.
    """

    code: str
    row: int = 0
    column: str = ""
    sheet: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def reason(self, language: Language = "en") -> str:
        """What is the matter."""
        sentence = SENTENCES[self.code]
        return self._filled(sentence.zh if language == "zh" else sentence.en, language)

    def remedy(self, language: Language = "en") -> str:
        """What to do; empty where there is nothing to do."""
        sentence = SENTENCES[self.code]
        return self._filled(sentence.do_zh if language == "zh" else sentence.do_en, language)

    def place(self, language: Language = "en") -> str:
        """Sheet, row and column as one phrase; empty for the whole file."""
        row, column = ("第{}行", "“{}”列") if language == "zh" else ("row {}", "column “{}”")
        parts = [self.sheet] if self.sheet else []
        parts += [row.format(self.row)] if self.row else []
        parts += [column.format(self.column)] if self.column else []
        return ("，" if language == "zh" else ", ").join(parts)

    def message(self, language: Language = "en") -> str:
        """Place, reason and remedy as one line."""
        place = self.place(language)
        colon = "：" if language == "zh" else ": "
        space = "" if language == "zh" else " "
        said = f"{self.reason(language)}{space}{self.remedy(language)}".strip()
        return f"{place}{colon}{said}" if place else said

    def as_dict(self) -> dict[str, object]:
        """The remark as JSON knows it."""
        return {
            "code": self.code,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "reason": {"zh": self.reason("zh"), "en": self.reason("en")},
            "remedy": {"zh": self.remedy("zh"), "en": self.remedy("en")},
        }

    def _filled(self, pattern: str, language: Language) -> str:
        values = {
            name: value[language] if isinstance(value, Both) else shortened(value)
            for name, value in self.details.items()
        }
        return pattern.format_map(values).strip()


def shortened(value: object) -> str:
    r"""A value short enough for a sentence, on one line.

    Examples
    --------
    >>> shortened("a\nb")
    'a b'
    >>> len(shortened("9" * 1_000_000))
    60
    """
    text = value[: _SHOWN_CHARS * 4] if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


class RefusedFileError(GeoplanError):
    """A file, or a change, that cannot be taken; the message names place and remedy.

    Attributes
    ----------
    file :
        Name of the file as the user knows it.
    remarks :
        All that speaks against it, in the order found.
    """

    def __init__(self, file: str, *remarks: Remark) -> None:
        super().__init__(file, *remarks)
        self.file = file
        self.remarks = remarks

    def message(self, language: Language = "en") -> str:
        """Every reason with its remedy, one a line."""
        colon = "：" if language == "zh" else ": "
        return "\n".join(f"{self.file}{colon}{r.message(language)}" for r in self.remarks)

    def __str__(self) -> str:
        return self.message("en")


def refused(file: str, code: str, **details: object) -> RefusedFileError:
    """The error for a whole file; ``row``, ``column`` and ``sheet`` may be among the details."""
    row, column, sheet = (details.pop(n, d) for n, d in (("row", 0), ("column", ""), ("sheet", "")))
    return RefusedFileError(file, Remark(code, int(str(row)), str(column), str(sheet), details))
