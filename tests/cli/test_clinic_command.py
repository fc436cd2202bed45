"""`augderm clinic`: another clinic by a link, the log followed, a folder that is none refused."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from augderm.clinic.accounts.login import set_password_by_link
from augderm.clinic.platform import Platform
from support.clinic import open_case, somebody
from support.command import augderm


def test_a_clinic_is_added_by_a_link_that_works(platform: Platform) -> None:
    data = str(platform.settings.data)
    done = augderm("clinic", "add", "Second", "--login", "bea", "--administrator", "Bea", "--data", data)
    assert done.returncode == 0, done.stderr
    token = re.search(r"http://localhost:8411/link/([\w-]{43})", done.stdout)
    assert token is not None
    assert set_password_by_link(platform, token[1], "a quiet river bend")


def test_the_log_is_followed_and_a_break_named(platform: Platform) -> None:
    open_case(platform, somebody(platform, "reader"))
    data = str(platform.settings.data)
    whole = augderm("clinic", "verify-log", "--data", data)
    assert whole.returncode == 0
    assert re.search(r"4 entries, the last has the hash [0-9a-f]{64}", whole.stdout)
    with sqlite3.connect(platform.settings.data / "augderm.db") as plain:
        plain.execute("DROP TRIGGER audit_no_update")
        plain.execute("UPDATE audit SET user_id = 'somebody else' WHERE seq = 3")
    broken = augderm("clinic", "verify-log", "--data", data)
    assert broken.returncode == 2
    assert "broken at entry 3" in broken.stderr


def test_backup_and_restore_say_what_they_hold(platform: Platform, tmp_path: Path) -> None:
    open_case(platform, somebody(platform, "reader"))
    made = augderm("clinic", "backup", str(tmp_path / "copy"), "--data", str(platform.settings.data))
    assert "2 files, a log of 4 entries" in made.stdout, made.stderr
    back = augderm("clinic", "restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert "2 files, a log of 4 entries" in back.stdout, back.stderr


@pytest.mark.parametrize("command", ["verify-log", "backup"])
def test_a_folder_that_is_no_clinic_is_refused_and_not_made(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "mistyped"
    more = [str(tmp_path / "copy")] if command == "backup" else []
    done = augderm("clinic", command, *more, "--data", str(folder))
    assert done.returncode == 1
    assert "holds no clinic" in done.stderr
    assert not folder.exists()
