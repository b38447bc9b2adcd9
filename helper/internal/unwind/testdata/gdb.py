"""Run by gdb inside of a program: says, at many instructions, what gdb takes the
stack for, and what the memory is that it concludes that from.

Environment: OUT, a file of JSON lines to write; STARTS, a file of "PATH OFFSET"
lines, where functions begin; STEPS, how many instructions to follow each from
where it was met; MOST, how many stops to write; SIGNAL=1 sends a signal at some.

The program says by getppid() that its libraries are loaded. With REMOTE, the
socket of an emulator, it is when ready() runs, and MAPS is where its code is.
"""

import json
import os

import gdb

FRAMES = 64
RED_ZONE = 128
STACK_STEP_MAX = 1 << 20
# What a frame may have when its caller's is on another stack: a signal's.
APART_BYTES = 1024

REGISTERS = {"i386:x86-64": ("rip", "rsp", "rbp"), "aarch64": ("pc", "sp", "x29", "x30")}
word_mask = (1 << 64) - 1


def registers(frame):
    return [register(frame, name) for name in REGISTERS[frame.architecture().name()]]


def register(frame, name):
    """A register's value; None where gdb does not know it."""
    try:
        return int(frame.read_register(name)) & word_mask
    except (gdb.error, gdb.MemoryError):
        return None


def ranges_of(stack_pointers):
    """What of the stack the frames take, merged: from below the innermost on, up
    to the outermost, above which are the environment's strings."""
    ranges = []
    for here, above in zip(stack_pointers, stack_pointers[1:] + [stack_pointers[-1]]):
        is_near = 0 <= above - here < STACK_STEP_MAX
        start, end = here - RED_ZONE, above if is_near else here + APART_BYTES
        if ranges and ranges[-1][0] <= start <= ranges[-1][1]:
            ranges[-1][1] = max(end, ranges[-1][1])
        else:
            ranges.append([start, end])
    return ranges


def read(start, end):
    while end > start:
        try:
            return bytes(gdb.selected_inferior().read_memory(start, end - start))
        except gdb.MemoryError:
            end -= APART_BYTES // 2
    return b""


class Writer:
    def __init__(self, path):
        self.file = open(path, "w")
        self.maps = None
        self.count = 0

    def maps_of(self, pid):
        if "MAPS" in os.environ:
            return json.loads(os.environ["MAPS"])
        with open(f"/proc/{pid}/maps") as lines:
            code = [line.split() for line in lines if " r-xp " in line]
        found = []
        for fields in code:
            start, end = (int(text, 16) for text in fields[0].split("-"))
            path = fields[5] if len(fields) > 5 else ""
            found.append({"start": start, "end": end, "offset": int(fields[2], 16), "path": path})
            if path == "[vdso]":
                found[-1]["bytes"] = read(start, end).hex()
        return found

    def stop(self):
        maps = self.maps_of(gdb.selected_inferior().pid)
        if maps != self.maps:
            self.maps = maps
            self.write({"maps": maps})
        frames, trampolines, frame = [], [], gdb.newest_frame()
        while frame is not None and len(frames) < FRAMES:
            try:
                # gdb shows inlined functions and tail calls, which have no frame.
                if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                    frames.append(registers(frame))
                if frame.type() == gdb.SIGTRAMP_FRAME:
                    trampolines.append(frame.pc())
                frame = frame.older()
            except gdb.error:
                break
        pointers = [each[1] for each in frames if each[1] is not None]
        memory = [{"start": a, "bytes": read(a, b).hex()} for a, b in ranges_of(pointers)]
        memory += [{"start": at, "bytes": read(at, at + 8).hex()} for at in trampolines]
        self.write({"frames": frames, "memory": memory})
        self.count += 1

    def write(self, record):
        self.file.write(json.dumps(record) + "\n")


def is_alive():
    return gdb.selected_inferior().pid != 0


def addresses(starts):
    """Where the functions of the list are in the process."""
    maps = Writer(os.devnull).maps_of(gdb.selected_inferior().pid)
    by_path = {}
    for path, offset in starts:
        by_path.setdefault(path, []).append(int(offset))
    for each in maps:
        size = each["end"] - each["start"]
        for offset in by_path.get(each["path"], []):
            if 0 <= offset - each["offset"] < size:
                yield each["start"] + offset - each["offset"]


def main():
    for setting in (
        "pagination off",
        "confirm off",
        "debuginfod enabled off",
        # .eh_frame is what is there without debug information.
        "debug-file-directory /nonexistent",
        "backtrace past-main on",
        "backtrace past-entry on",
        "breakpoint always-inserted on",
        "disable-randomization on",
        "inferior-tty /dev/null",
    ):
        gdb.execute("set " + setting, to_string=True)
    gdb.execute("handle SIGUSR1 nostop noprint pass", to_string=True)
    writer = Writer(os.environ["OUT"])
    steps, most = int(os.environ["STEPS"]), int(os.environ["MOST"])
    if "REMOTE" in os.environ:
        gdb.execute("target remote " + os.environ["REMOTE"], to_string=True)
        gdb.execute("tbreak ready", to_string=True)
        gdb.execute("continue", to_string=True)
    else:
        gdb.execute("catch syscall getppid", to_string=True)
        gdb.execute("run", to_string=True)
        gdb.execute("delete", to_string=True)
    with open(os.environ["STARTS"]) as lines:
        starts = [line.split() for line in lines]
    waiting = {}
    for address in addresses(starts):
        try:
            waiting[address] = gdb.Breakpoint(f"*{address:#x}", internal=True)
        except gdb.error:
            pass
    seen = set()
    signals = 0
    if not waiting:
        gdb.execute("finish", to_string=True)
    while is_alive() and writer.count < most:
        if waiting:
            gdb.execute("continue", to_string=True)
        for _ in range(steps):
            if not is_alive() or writer.count >= most:
                break
            address = gdb.newest_frame().pc()
            if address in waiting:
                waiting.pop(address).delete()
            if address not in seen:
                seen.add(address)
                writer.stop()
                if os.environ.get("SIGNAL") == "1":
                    # The handler's first instruction, above the one that is interrupted.
                    signals += 1
                    gdb.execute("queue-signal SIGUSR1", to_string=True)
                    gdb.execute("stepi", to_string=True)
                    if is_alive():
                        writer.stop()
                        gdb.execute("tbreak *%d" % address, to_string=True)
                        gdb.execute("continue", to_string=True)
            if is_alive():
                gdb.execute("stepi", to_string=True)
    writer.file.close()
    if is_alive():
        gdb.execute("kill", to_string=True)


main()
