"""`augderm clinic`: another clinic by a link, the log followed, a folder that is none refused."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from augderm.clinic.accounts.login import set_password_by_link
from augderm.clinic.platform import Platform
from support.clinic import open_case, platform_in, somebody
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


@pytest.mark.parametrize("command", ["verify-log", "verify-files", "sweep", "backup"])
@pytest.mark.parametrize("made", ["nothing", "no tables", "another revision", "no database"])
def test_a_database_that_is_not_the_clinics_is_refused_and_stays_as_it_is(
    platform: Platform, tmp_path: Path, command: str, made: str
) -> None:
    file = tmp_path / "other.db"
    if made == "no tables":
        with closing(sqlite3.connect(file)) as plain:
            plain.execute("PRAGMA journal_mode=WAL")
    elif made == "another revision":
        with closing(sqlite3.connect(platform.settings.data / "augderm.db")) as live:
            live.execute("UPDATE alembic_version SET version_num = '0000'")
            live.commit()
            live.execute("VACUUM INTO ?", (str(file),))
    elif made == "no database":
        file.write_bytes(b"a letter to a patient" * 500)
    more = [str(tmp_path / "copy")] if command == "backup" else []
    data = tmp_path / "nowhere"
    done = augderm("clinic", command, *more, "--data", str(data), "--database", f"sqlite:///{file}")
    said = {
        "nothing": "there is no database",
        "no tables": "it has no tables",
        "another revision": "of revision 0000",
        "no database": "cannot be reached",
    }
    assert (done.returncode, said[made] in done.stderr) == (1, True), done.stderr
    assert not data.exists()
    if made == "nothing":
        assert not file.exists()
    elif made != "no database":
        with closing(sqlite3.connect(file)) as plain:
            tables = plain.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        assert (tables == 0) == (made == "no tables")


def test_an_empty_clinic_is_not_called_whole(platform: Platform) -> None:
    for command, said in (("verify-log", "The log is empty"), ("verify-files", "names no file")):
        done = augderm("clinic", command, "--data", str(platform.settings.data))
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_sweep_by_hand_is_refused_for_another_clinics_images_until_it_is_confirmed(
    platform: Platform, tmp_path: Path, toy_bundle: Path
) -> None:
    open_case(platform, somebody(platform, "reader"))
    where = ("--blobs", platform.settings.blobs)
    assert (
        augderm("clinic", "sweep", "--data", platform.settings.data, *where).stdout
        == "0 files were deleted\n"
    )
    other = platform_in(tmp_path / "other", toy_bundle)
    open_case(other, somebody(other, "reader"), seed=1)
    refused = augderm("clinic", "sweep", "--data", other.settings.data, *where)
    assert refused.returncode == 2
    assert "another database's" in refused.stderr
    done = augderm("clinic", "sweep", "--yes", "--data", other.settings.data, *where)
    assert (done.returncode, done.stdout) == (0, "0 files were deleted\n"), "none is a day old"
