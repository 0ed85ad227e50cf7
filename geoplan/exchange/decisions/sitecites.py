"""Citations of a decision record, written out: the words, and where they stand."""

from collections.abc import Mapping
from dataclasses import dataclass

from geoplan.exchange.decisions.sitewords import Record, basis_name
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language


@dataclass(frozen=True)
class Cited:
    """Names of the sources, to write a citation with."""

    titles: Mapping[str, str]
    language: Language

    def title(self, source: object) -> str:
        """The title of a source, its id where it has none."""
        return self.titles.get(str(source), "" if source is None else str(source))

    def quote_of(self, cite: Record | None) -> tuple[str, str]:
        """A citation's words and where they stand; both empty for none."""
        if not cite:
            return "", ""
        zh = self.language == "zh"
        title = self.title(cite.get("source"))
        named = (f"《{title}》" if zh else f'"{title}"') if title else ""
        parts = [part for part in (named, str(cite.get("locus") or "")) if part]
        where = ("，" if zh else ", ").join(parts)
        basis = str(cite.get("basis") or "read")
        if basis != "read":
            # What was not read is never shown as read.
            note = str(cite.get("note") or "")
            doubt = basis_name(basis, self.language)
            if note and zh:
                doubt += f"：{note}"
            where += f"（{doubt}）" if zh else f" ({doubt})"
        return str(cite.get("quote") or ""), where


def citing(plan: Plan | None, language: Language) -> Cited:
    """The sources of a plan by their titles in a language; without a plan by their ids."""
    titles = {}
    rows = [] if plan is None else plan.sources.dropna(subset=["id"]).to_dict("records")
    for row in rows:
        names = (row.get(f"title_{language}"), row.get("title_zh"))
        titles[str(row["id"])] = next((n for n in names if isinstance(n, str) and n), "")
    return Cited(titles, language)
