"""Many people commit to one branch at once."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier

from api.raw import JSON, Raw
from hubs import RunningHub

COMMITTERS = 50


def test_fifty_commits_of_other_paths_at_once_are_all_kept(hub: RunningHub) -> None:
    """As clients of the released generation send them, who never try again."""
    user = hub.new_user()
    owner = Raw(hub.url, user.key)
    asset = owner.asset("dataset", "many", "many")
    ready = Barrier(COMMITTERS)

    def commit(number: int) -> str:
        raw = Raw(hub.url, user.key)
        operation = raw.start(asset)
        raw.put(operation, f"{number:02d}.txt", str(number).encode())
        ready.wait(60)
        return raw.finish(operation, f"commit {number}")

    with ThreadPoolExecutor(COMMITTERS) as pool:
        made = list(pool.map(commit, range(COMMITTERS)))
    history = owner.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
    assert len(history) == COMMITTERS + 1
    assert {row["id"] for row in history[:-1]} == set(made)
    assert {row["message"] for row in history[:-1]} == {f"commit {n}" for n in range(COMMITTERS)}
    held = {each["path"]: each["checksum"] for each in owner.objects(asset)}
    assert held == {f"{n:02d}.txt": sha256(str(n).encode()).hexdigest() for n in range(COMMITTERS)}


def test_of_commits_of_one_path_at_once_one_is_kept_and_the_others_are_told(
    hub: RunningHub,
) -> None:
    user = hub.new_user()
    owner = Raw(hub.url, user.key)
    asset = owner.asset("dataset", "one", "one")
    ready = Barrier(10)

    def commit(number: int) -> tuple[int, str]:
        raw = Raw(hub.url, user.key)
        operation = raw.start(asset)
        raw.put(operation, "same.txt", str(number).encode())
        ready.wait(60)
        answer = raw.call("POST", f"/update/{operation}", {"message": ""}, JSON)
        return answer.status, "" if answer.status == 200 else answer.json()["detail"]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(commit, range(10)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 9
    assert all("same.txt" in detail for status, detail in answers if status == 409)
    (kept,) = [str(n).encode() for n, (status, _) in enumerate(answers) if status == 200]
    (listed,) = owner.objects(asset)
    assert listed["checksum"] == sha256(kept).hexdigest()
