"""Measured numbers of the authors' networks, thinned out, and the recipe of weights and inputs that gave them."""

import sys
from pathlib import Path

# the recipe's two modules are imported by name from the test folders below
sys.path.insert(0, str(Path(__file__).parent))
