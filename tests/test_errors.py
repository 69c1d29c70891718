"""What a user reads of other people's errors."""

import errno
import json

import pytest
from av.error import InvalidDataError

from kinemacolor.errors import reason_of, reason_of_failed_write


def json_error() -> ValueError:
    with pytest.raises(json.JSONDecodeError) as found:
        json.loads("{\n nothing")
    return found.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EACCES, "Permission denied", "x"), "Permission denied"),
        (UnicodeDecodeError("utf-8", b"\xe8", 0, 1, "invalid"), "it is no text in UTF-8"),
        (KeyError("films"), "it has no 'films'"),
        (InvalidDataError(1094995529, "Invalid data found when processing input"), "its data is damaged"),
        (json_error(), "it is wrong at line 2, column 2"),
        (ValueError(), "no reason is given"),
    ],
)
def test_a_reason_is_in_words(error: Exception, words: str) -> None:
    assert reason_of(error).startswith(words)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_called_that(number: int) -> None:
    assert reason_of_failed_write(OSError(number, "No space left on device")).startswith("the disk is full")


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.EPIPE])
def test_nothing_else_is(number: int) -> None:
    assert "full" not in reason_of_failed_write(OSError(number, "Something else"))
