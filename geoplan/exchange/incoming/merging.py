"""Files that geoplan exported, come back from another program: three-way, by id.

What the file says is compared with what was exported, so that only what was
changed out there is taken; where the plan was changed meanwhile, too, both
are shown and the plan's stands until a person decides.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from geoplan.exchange.asking.findings import Findings, Option, Question
from geoplan.exchange.asking.remarks import shortened
from geoplan.plan.journal import contents_by_sha256, former_states
from geoplan.plan.opening import Plan, open_plan
from geoplan.plan.problems import Both

Rows = Mapping[str, Mapping[str, str]]
"""Id → field → text."""

OURS, THEIRS = "ours", "theirs"
PLAN_FILES = re.compile(r"plan\.toml|data/[^/]+\.csv|layers/[^/]+\.(?:geojson|toml)")
_CUT_BYTES = 250


@dataclass(frozen=True)
class Conflict:
    """A field that both sides changed, each in its own way."""

    id: str
    field: str
    base: str | None
    ours: str
    theirs: str


@dataclass
class Merged:
    """What came back changed.

    Attributes
    ----------
    changed :
        Id → field → what the file says, where the file changed it and the
        plan did not; empty where the file cleared it.
    new :
        Ids that were not exported.
    gone :
        Ids that were exported and did not come back, though the plan has them.
    """

    changed: dict[str, dict[str, str]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def three_way(base: Rows | None, ours: Rows, theirs: Rows) -> Merged:
    """Merge by id, field by field.

    Parameters
    ----------
    base :
        As exported; ``None`` if that is not known any more, and then whatever
        differs is a conflict.
    """
    merged = Merged()
    for key, said in theirs.items():
        mine = ours.get(key)
        before = base.get(key) if base is not None else None
        if mine is None:
            # What the plan deleted since the export stays deleted.
            if before is None:
                merged.new.append(key)
            continue
        for name, text in said.items():
            old = before.get(name, "") if before is not None else None
            own = mine.get(name, "")
            if is_same(text, own) or (old is not None and is_same(text, old)):
                continue
            if old is not None and old == own:
                merged.changed.setdefault(key, {})[name] = text
            elif old is None and not text:
                continue
            else:
                merged.conflicts.append(Conflict(key, name, old, own, text))
    merged.gone = [key for key in base or {} if key not in theirs and key in ours]
    return merged


def is_same(one: str, other: str) -> bool:
    """Whether two texts say the same; some formats cut long ones or write numbers otherwise."""
    if one == other or one.split() == other.split():
        return True
    if len(one.encode()) >= _CUT_BYTES and other.startswith(one):
        return True
    try:
        numbers = float(one), float(other)
    except ValueError:
        return False
    return abs(numbers[0] - numbers[1]) <= 1e-9 * max(1.0, abs(numbers[1]))


def exported_state(said: str, plan: Plan) -> str:
    """The beginning of the plan's hash that an export carries; empty for a file from elsewhere."""
    name = re.escape(plan.meta.id)
    found = re.search(rf"(?<![\w-]){name} ([0-9a-f]{{12,64}})\b", said)
    if found is None and re.search(rf'"id\\?": ?\\?"{name}\\?"', said):
        found = re.search(r'"sha256\\?": ?\\?"([0-9a-f]{64})', said)
    return found[1] if found is not None else ""


@contextmanager
def exported_plan(folder: Path, state: str) -> Iterator[Plan | None]:
    """The plan as it was when it was exported, if the history still has it."""
    for found in former_states(folder):
        files = {name: sha for name, sha in found.items() if PLAN_FILES.fullmatch(name)}
        if not plan_hash_of(files).startswith(state):
            continue
        contents = contents_by_sha256(folder)
        if any(sha not in contents for sha in files.values()):
            continue
        with tempfile.TemporaryDirectory(prefix="geoplan-") as temporary:
            copy = Path(temporary)
            for name, sha in files.items():
                (copy / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(contents[sha], copy / name)
            yield open_plan(copy)
        return
    yield None


def plan_hash_of(files: Mapping[str, str]) -> str:
    """What :func:`geoplan.exchange.outgoing.provenance.plan_hash` says of files with these hashes."""
    whole = hashlib.sha256()
    for name in sorted(files, key=lambda name: PurePosixPath(name).parts):
        whole.update(f"{files[name]}  {name}\n".encode())
    return whole.hexdigest()


def decided(merged: Merged, findings: Findings) -> dict[str, dict[str, str]]:
    """What to take of a merge: the undisputed changes, and the conflicts decided for the file."""
    taken = {key: dict(cells) for key, cells in merged.changed.items()}
    for conflict in merged.conflicts:
        if ask_which(conflict, findings) == THEIRS:
            taken.setdefault(conflict.id, {})[conflict.field] = conflict.theirs
    return taken


def ask_which(conflict: Conflict, findings: Findings) -> str:
    """Whose value stands; the plan's, and told so, until somebody says otherwise."""
    name = f"conflict:{conflict.id}:{conflict.field}"
    base = "?" if conflict.base is None else shortened(conflict.base) or "∅"
    ours, theirs = (shortened(text) or "∅" for text in (conflict.ours, conflict.theirs))
    answer = findings.ask(
        Question(
            name,
            Both(f"“{conflict.id}”的“{conflict.field}”：导出时 {base}，计划现为 {ours}，文件为 {theirs}，取哪个？",
                 f"“{conflict.field}” of “{conflict.id}”: {base} at export, {ours} in the plan, {theirs} "
                 "in the file; which?"),
            (Option(OURS, Both("计划的", "the plan's")), Option(THEIRS, Both("文件的", "the file's"))),
            OURS, count=1, is_blocking=False,
        )
    )  # fmt: skip
    if answer != THEIRS:
        findings.warn(
            "merge.conflict", id=conflict.id, field=conflict.field, base=base, ours=ours,
            theirs=theirs, answer=name,
        )  # fmt: skip
    return answer


def removed(merged: Merged, findings: Findings) -> list[str]:
    """The ids to delete: those that did not come back, where a person says so."""
    found = []
    for key in merged.gone:
        answer = findings.ask(
            Question(
                f"removed:{key}",
                Both(f"“{key}”导出过，文件里没有了，是否从计划中删除？",
                     f"“{key}” was exported and is not in the file; delete it from the plan?"),
                (Option("keep", Both("保留", "keep it")), Option("remove", Both("删除", "delete it"))),
                "keep", count=1, is_blocking=False,
            )
        )  # fmt: skip
        if answer == "remove":
            found.append(key)
    return found
