"""A table of the plan as the texts it is written in, to compare with what a file says."""

from dataclasses import dataclass

import pandas as pd

from geoplan.exchange.sheets.parsing import number_text
from geoplan.plan.opening import Plan
from geoplan.schema import TABLES


@dataclass(frozen=True)
class Standing:
    """A table as it stands.

    Attributes
    ----------
    rows :
        Row numbers in the table's file.
    texts :
        Column → text of each row; empty where there is nothing.
    """

    table: str
    rows: list[int]
    texts: dict[str, list[str]]
    at: dict[int, int]

    def text(self, row: int, column: str) -> str:
        """The text of one cell."""
        return self.texts[column][self.at[row]]

    def by_id(self) -> dict[str, int]:
        """Id → row, the first where an id occurs twice."""
        found: dict[str, int] = {}
        for key, row in zip(self.texts.get("id", []), self.rows, strict=False):
            if key:
                found.setdefault(key, row)
        return found


def standing(plan: Plan, table: str) -> Standing:
    """A table of a plan as texts."""
    return texts_of(plan.tables[table], table)


def texts_of(frame: pd.DataFrame, table: str) -> Standing:
    """A typed frame as texts."""
    texts = {}
    for column in TABLES[table].columns:
        values = frame[column.name]
        if column.kind == "date":
            texts[column.name] = [str(v) for v in values.dt.strftime("%Y-%m-%d").fillna("")]
        elif column.kind == "number":
            texts[column.name] = [
                "" if v != v else number_text(v, 12) for v in values.astype(float)
            ]
        else:
            texts[column.name] = [
                "" if v is None or v is pd.NA or v != v else str(v) for v in values.tolist()
            ]
    rows = [int(str(row)) for row in frame.index]
    return Standing(table, rows, texts, {row: at for at, row in enumerate(rows)})
