"""A connection cut in the middle of a part costs that part at most."""

import random
import uuid
from hashlib import sha256

import urllib3

from api.raw import JSON, Raw
from assethub.core.maintenance.checking import check_hub
from faults.crowds import Count
from hubs import RunningHub
from proxies import run_proxy

PART, PARTS, CUTS = 256 * 1024, 6, 25


def test_a_file_sent_over_a_connection_that_is_cut_arrives_whole(
    hub: RunningHub, count: Count
) -> None:
    """It is in no commit before all of it is there, and then it is there to the last bit."""
    luck = random.Random(11)
    data = luck.randbytes(PART * PARTS - 1000)
    user = Raw(hub.url, hub.new_user().key)
    asset = user.asset("model", f"cut-{uuid.uuid4().hex[:8]}", "m")
    operation = user.start(asset)
    target = {"opID": operation, "path": "w.bin"}
    told = {"size": str(len(data)), "sha256": sha256(data).hexdigest(), "partSize": str(PART)}
    upload = user.ok("POST", "/multipart", **target, **told)["uploadId"]
    facts = 0
    with run_proxy(hub.url) as proxy:
        for _ in range(CUTS):
            number = luck.randint(1, PARTS)
            part = data[(number - 1) * PART : number * PART]
            proxy.cut(up=luck.randrange(1, len(part)))
            there = user.ok("POST", "/multipart", **target, **told)["parts"]
            try:
                sent = Raw(proxy.url, user.key).call(
                    "PUT", f"/multipart/{upload}", part, JSON, partNum=str(number), **target
                )
                raise AssertionError(f"answered {sent.status} to a part that was cut")
            except urllib3.exceptions.HTTPError:
                pass
            # A part that was there before is as it was, or not there: never one half of another.
            assert set(user.ok("POST", "/multipart", **target, **told)["parts"]) <= set(there)
            assert user.objects(asset) == []
            facts += 2
            if luck.random() < 0.3:
                send(user, upload, target, data, number)
        assert proxy.cuts == CUTS
    etags = {number: send(user, upload, target, data, number) for number in range(1, PARTS + 1)}
    listed = [{"etag": etag, "partNumber": number} for number, etag in etags.items()]
    assert user.objects(asset) == []
    user.ok("POST", f"/multipart/{upload}", {"parts": listed}, **target)
    commit = user.finish(operation)
    got = user.call("GET", f"/assets/{asset}/refs/{commit}/objects", path="w.bin")
    assert got.data == data
    assert list(check_hub(hub.inside, quick=False, repair=False)) == []
    count(f"{CUTS} cuts", facts + 3)


def send(user: Raw, upload: str, target: dict[str, str], data: bytes, number: int) -> str:
    """Sends a part; the hub may still be at the one that was cut."""
    part = data[(number - 1) * PART : number * PART]
    for _ in range(200):
        answer = user.call("PUT", f"/multipart/{upload}", part, JSON, partNum=str(number), **target)
        if answer.status != 503:
            break
    assert answer.status == 200, answer.data
    return str(answer.json()["etag"])
