#!/bin/sh
# Says where tests keep their hubs: in memory, where 6 GB of it are free and programs may be run from it, since hubs
# sync each commit and tests would wait minutes for a disk; else where all that is temporary lies.
free() { awk -v name="$1" '$1 == name && $2 > 6000000 { print "yes" }' /proc/meminfo 2>/dev/null; }
room() { df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $4 > 6000000 { print "yes" }'; }
if [ -w /dev/shm ] && [ "$(free MemAvailable:)$(room)" = yesyes ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts; then
    echo /dev/shm
else
    echo "${TMPDIR:-/tmp}"
fi
