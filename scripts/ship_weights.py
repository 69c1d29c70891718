"""Puts the weights of a run of ``kinemacolor train`` into the package, as float16.

    python scripts/ship_weights.py runs/all/weights.safetensors colormnet-lite/all
    python scripts/ship_weights.py runs/permissive/weights.safetensors colormnet-lite/permissive
    python scripts/ship_weights.py runs/light/weights.safetensors deep-exemplar-lite
    python scripts/ship_weights.py runs/color-prior/weights.safetensors color-prior

Prints the file's size and SHA-256, which the model's page and its test name.
"""

import argparse
import hashlib
from pathlib import Path

from kinemacolor.models import color_prior, colormnet_lite
from kinemacolor.models import deep_exemplar_lite as lite

PLACES = {
    "colormnet-lite/permissive": colormnet_lite.WEIGHTS.with_name("permissive.safetensors"),
    "colormnet-lite/all": colormnet_lite.WEIGHTS.with_name("all.safetensors"),
    "deep-exemplar-lite": lite.WEIGHTS,
    "color-prior": color_prior.WEIGHTS,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the weights that a run left")
    parser.add_argument("name", choices=PLACES, help="which of those that are shipped")
    arguments = parser.parse_args()
    path = PLACES[arguments.name]
    if arguments.name == "deep-exemplar-lite":
        lite.save(lite.load_network(arguments.run).half(), path)
    elif arguments.name == "color-prior":
        color_prior.save(color_prior.load_network(arguments.run).half(), path)
    else:
        colormnet_lite.save(colormnet_lite.load_network(arguments.run).half(), path)
    path.chmod(0o644)  # safetensors writes for the owner alone
    print(f"{path}: {path.stat().st_size} bytes, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
