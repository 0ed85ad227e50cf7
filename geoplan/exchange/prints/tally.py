"""The money line of a picture: what is on it, outside it, and not on any map."""

from dataclasses import dataclass, replace
from typing import Any

import shapely

from geoplan.exchange.prints import captions
from geoplan.exchange.prints.basemap import Request
from geoplan.exchange.prints.showing import fine_places
from geoplan.place.density import MoneyLine, Question, amounts
from geoplan.place.locate import locate
from geoplan.plan.problems import Both

_SHOWN = {
    "zones": (Both("落入分区", "in the zones"), Both("分区之外", "outside them")),
    "places": (Both("图上", "on the map"), Both("图幅之外", "outside the frame")),
}


@dataclass(frozen=True)
class Money:
    """The parts of the money line, the sentence, and the project left out."""

    line: MoneyLine
    text: str
    left_out: str


def money_of(asked: Request) -> Money:
    """The money line of the density; without one, of the projects drawn."""
    if asked.density is not None:
        line = asked.density.money
        said = captions.money_line(line, asked.view.language, *_SHOWN["zones"])
        if asked.view.bounds is not None:
            said += asked.said(
                "；全规划范围，不限于图幅", "; for the whole plan, not this frame only"
            )
        return Money(line, said, asked.density.left_out)
    money, _, left_out = _amounts(asked)
    total = int(money.sum())
    if "projects" in asked.layers:
        return Money(MoneyLine(0, 0, 0, 0, total), "", left_out)
    line = MoneyLine(0, total, 0, 0, total)
    said = asked.said(
        f"资金：本图未绘项目，合计 {captions.money(total, 'zh')}",
        f"Money: no projects on this map; their total is {captions.money(total, 'en')}",
    )
    return Money(line, said, left_out)


def _amounts(asked: Request) -> Any:
    view = asked.view
    question = Question(sector=view.sector, year=view.year, without_largest=view.without_largest)
    return amounts(asked.plan, question)


def seen_in(asked: Request, money: Money, bounds: tuple[float, float, float, float]) -> Money:
    """The money of the projects drawn in the frame, outside it, and not drawn at all."""
    if asked.density is not None or "projects" not in asked.layers:
        return money
    amount = _amounts(asked)[0]
    drawn = fine_places(asked, "projects")
    here = shapely.intersects(drawn.geometry.to_numpy(), shapely.box(*bounds))
    unknown = locate(asked.plan, "projects").loc[amount.index, "precision"] == "unknown"
    placed = int(amount[drawn.index[here]].sum())
    outside = int(amount[drawn.index[~here]].sum())
    unplaced = int(amount[unknown.to_numpy()].sum())
    total = int(amount.sum())
    line = MoneyLine(placed, outside, total - placed - outside - unplaced, unplaced, total)
    return replace(
        money, line=line, text=captions.money_line(line, asked.view.language, *_SHOWN["places"])
    )
