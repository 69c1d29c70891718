from fractions import Fraction
from pathlib import Path

import pytest
import torch

from kinemacolor.engine.job import Job, option_fields
from kinemacolor.errors import SettingError


def test_text_and_values_become_the_same_job() -> None:
    words = {"source": "a.mp4", "exemplars": "a.png@3 | b.png", "quality": "18", "both_ways": "no", "track": "yes"}
    values = {"source": "a.mp4", "exemplars": ["a.png@3", "b.png"], "quality": 18, "both_ways": False, "track": True}
    assert Job.of(words) == Job.of(values)
    assert Job.of(values).chosen() == {**values, "exemplars": ("a.png@3", "b.png"), "quality": 18.0}


def test_only_what_is_changed_changes() -> None:
    job = Job.of({"codec": "ffv1", "start": 5})
    assert job.changed({"start": "00:00:01"}).chosen() == {"codec": "ffv1", "start": "00:00:01"}
    assert job.changed({"codec": None}).chosen() == {"start": 5}


def test_paths_are_seen_from_the_folder_they_are_written_in(tmp_path: Path) -> None:
    job = Job.of(
        {"source": "reel.mov", "exemplars": ("stills", "/a.png@1"), "shots": "none", "track": "t", "codec": "ffv1"},
        folder=tmp_path,
    )
    assert job.chosen() == {
        "source": str(tmp_path / "reel.mov"),
        "exemplars": (str(tmp_path / "stills"), "/a.png@1"),
        "shots": "none",
        "track": str(tmp_path / "t"),
        "codec": "ffv1",
    }


def test_values_that_no_file_can_hold_pass_through() -> None:
    model = object()
    job = Job.of({"model": model, "dtype": torch.bfloat16, "frame_rate": Fraction(24000, 1001)})
    assert job.model.model is model
    assert job.model.precision is torch.bfloat16
    assert job.film.frame_rate == Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"modle": "flow"}, "no option 'modle'. Did you mean 'model'"),
        ({"quality": "fine"}, "'quality' cannot be 'fine'. Give a number, or none"),
        ({"overwrite": "perhaps"}, "'overwrite' cannot be 'perhaps'. Give yes or no"),
        ({"restrict": "sparse"}, "'restrict' cannot be 'sparse'. Give dense, or none"),
        ({"codec": 5}, "'codec' cannot be 5"),
        ({"settings": "a=1"}, "'settings' cannot be 'a=1'"),
    ],
)
def test_a_mistake_says_what_would_be_right(options: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Job.of(options)


def test_every_option_has_a_sentence_of_help() -> None:
    for name, field in option_fields().items():
        assert field.metadata["help"].endswith("."), name
