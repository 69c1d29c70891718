"""What a wheel holds: every module, every file of weights, the sample, and nothing else of the repository.

python scripts/wheel_contents.py dist/kinemacolor-0.1.0-py3-none-any.whl
"""

import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"


def brought_in() -> set[str]:
    """Files from elsewhere in the repository, by the names that they have in the wheel."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = set()
    for here, there in settings["tool"]["hatch"]["build"]["targets"]["wheel"].get("force-include", {}).items():
        place = ROOT / here
        files = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
        found |= {(Path(there) / path.relative_to(place)).as_posix() for path in files}
    return found


def main() -> None:
    """The command."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        sizes = {each.filename: each.file_size for each in wheel.infolist()}
    wanted = brought_in() | {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    held = {name for name in sizes if ".dist-info/" not in name}
    faults = [f"missing: {name}" for name in sorted(wanted - held)] + [
        f"extra: {name}" for name in sorted(held - wanted)
    ]
    kinds = Counter(Path(name).suffix or "(none)" for name in held)
    print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    for name in sorted(held, key=lambda each: -sizes[each])[:5]:
        print(f"{sizes[name] / 1e6:8.2f} MB  {name}")
    packed = Path(sys.argv[1]).stat().st_size
    print(f"{len(held)} files, {sum(sizes.values()) / 1e6:.1f} MB, packed {packed / 1e6:.1f} MB")
    print("\n".join(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
