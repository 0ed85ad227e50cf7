"""``python -m geoplan.cli``."""

import sys

from geoplan.cli import main

sys.exit(main())
