"""What machine this is, in a table: without it no absolute figure says anything."""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path


def describe_machine() -> str:
    """A table in Markdown: processor, memory, disk, kernel, what else runs, Python, and commit."""
    rows = {
        "processor": _find("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": f"{len(os.sched_getaffinity(0))} for this process, {os.cpu_count()} in all",
        "memory": f"{int(_find('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GiB",
        "disk": _describe_disk(Path(tempfile.gettempdir())),
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": " ".join(f"{each:.1f}" for each in os.getloadavg()),
        "Python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        "commit": _describe_commit(),
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in rows.items())])


def _find(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _describe_disk(directory: Path) -> str:
    """The kind of file system that temporary files are on, its size, and whether its disk spins."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    at = max(
        (each for each in mounts if directory.is_relative_to(each[1])),
        key=lambda each: len(each[1]),
    )
    status = os.statvfs(directory)
    free, size = (status.f_frsize * each / 2**30 for each in (status.f_bavail, status.f_blocks))
    device = os.stat(directory).st_dev
    queue = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue/rotational")
    kind = {"0\n": ", no spinning disk", "1\n": ", a spinning or virtual disk"}
    spins = kind.get(queue.read_text(), "") if queue.exists() else ""
    return f"{at[2]} of {size:.0f} GiB, {free:.0f} free{spins}"


def _describe_commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
