"""Small drawings for the page of targets: where the lines and bars of a goal lie."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geoplan.plan.problems import NOTHING, Both
from geoplan.plan.targets import Goal

WIDTH, HEIGHT = 168, 64
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 8, 14
_NEUTRAL = "#6b6b6b"


@dataclass(frozen=True)
class Line:
    """The way from one base, in drawing units."""

    points: str
    area: str
    start: tuple[float, float]
    second: bool


@dataclass(frozen=True)
class Trajectory:
    """One goal as a drawing: years to the right, amounts upwards from zero."""

    lines: tuple[Line, ...]
    target: tuple[float, float]
    observed: tuple[tuple[float, float], ...]
    stated: tuple[str, ...]
    first: int
    last: int
    ground: float
    colour: str


@dataclass(frozen=True)
class Bar:
    """The growth that one goal needs, as a share of the widest bar."""

    goal: Goal
    growth: float
    base: Both
    width: float
    colour: str


def trajectory(goal: Goal, colour: str | None) -> Trajectory | None:
    """The drawing of a goal; ``None`` where there is nothing to connect."""
    ways = [way for way in goal.ways if len(way.points) > 1]
    if not ways:
        return None
    end = int(goal.figure["year"])
    seen = [(one.year, one.value) for way in ways for one in way.observed]
    first = min(way.base.year for way in ways)
    last = max([end, *(year for year, _ in seen)])
    heights = [point.value for way in ways for point in way.points] + [value for _, value in seen]
    heights += [way.stated_reaches for way in ways if way.stated_reaches is not None]
    highest = max(heights)

    def at(year: float, value: float) -> tuple[float, float]:
        across = (year - first) / (last - first)
        up = max(value, 0) / highest
        return (
            round(_LEFT + across * (WIDTH - _LEFT - _RIGHT), 1),
            round(HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM), 1),
        )

    ground = HEIGHT - _BOTTOM
    lines = []
    for number, way in enumerate(ways):
        placed = [at(point.year, point.value) for point in way.points]
        corners = [(placed[0][0], ground), *placed, (placed[-1][0], ground)]
        lines.append(Line(_joined(placed), _joined(corners), placed[0], number > 0))
    return Trajectory(
        lines=tuple(lines),
        target=at(end, ways[0].target),
        observed=tuple(at(*one) for one in dict.fromkeys(seen)),
        stated=tuple(
            _joined(at(point.year, point.value) for point in way.stated_path)
            for way in ways
            if way.stated_path
        ),
        first=first,
        last=last,
        ground=ground,
        colour=colour or _NEUTRAL,
    )


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def bars(goals: Sequence[Goal], colours: Mapping[str, str]) -> list[Bar]:
    """The growth needed by a plan's sectors and by the whole, steepest first."""
    found = []
    for goal in goals:
        several = len(goal.ways) > 1
        for way in goal.ways:
            if way.growth is None:
                continue
            colour = colours.get(str(goal.figure["subject_id"]), _NEUTRAL)
            found.append(Bar(goal, way.growth, way.base.name if several else NOTHING, 0, colour))
    widest = max((bar.growth for bar in found), default=0)
    if widest <= 0:
        return []
    return [
        Bar(bar.goal, bar.growth, bar.base, max(bar.growth, 0) / widest, bar.colour)
        for bar in sorted(found, key=lambda bar: -bar.growth)
    ]
