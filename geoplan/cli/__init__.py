"""The command line: open, call one function, write.

Exit codes: 0 fine, 1 problems found, 2 input that cannot be used.
"""

from geoplan.cli.frame import main, plan_option, progress

__all__ = ["main", "plan_option", "progress"]
