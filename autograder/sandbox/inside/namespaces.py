"""Namespaces of its own for every forked child: users, processes, mounts, IPC, network, host name."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_MOVE = 1, 2, 4, 8, 32, 4096, 8192
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
SIGKILL = 9
SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1
KEPT_OF_PROC = ("cpuinfo", "meminfo", "stat", "loadavg", "devices")
# Of a GPU's driver, which looks up `devices` too.
OF_DRIVER = ("driver/nvidia", "driver/nvidia-uvm")
TELLS_OF_OUTSIDE = ("cgroup", "mountinfo", "mounts", "mountstats")
THREADS = 4096
ASIDE = "/tmp/proc"  # noqa: S108  (the child's own)

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare_all() -> None:
    """Leave all namespaces; the next fork is process 1 of the new process namespace."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET
    _check(_libc.unshare(flags), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def detach_from_terminal() -> None:
    """Share neither the standard streams nor a kernel keyring with the children before and after.

    All children inherit one pipe as standard error, which nobody empties: whoever filled it would block the
    others.
    """
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    number = SYS_KEYCTL.get(os.uname().machine)
    if number is not None:  # fails where the kernel has no keyrings, and then there is nothing to share
        _libc.syscall(number, KEYCTL_JOIN_SESSION_KEYRING, None)


def mount_own_files(writable_bytes: int, files: int, *, driver: bool = False) -> None:
    """Give this process a scratch folder of its own and hide the processes outside.

    The kernel allows no new ``/proc`` here, so the old one is covered; a few of its files stay for
    libraries that ask for the number of processors, and with `driver` what a GPU's driver asks for.
    """
    options = f"size={writable_bytes},nr_inodes={files},mode=700".encode()
    _mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options)
    for part, target in ((b"/tmp/shared", b"/dev/shm"), (b"/tmp/files", b"/tmp")):  # one budget
        os.mkdir(part, 0o700)
        _mount(part, target, b"none", MS_BIND)
    with contextlib.suppress(
        OSError
    ):  # terminals of its own; without, those of all children stand side by side
        _mount(
            b"devpts", b"/dev/pts", b"devpts", MS_NOSUID | MS_NOEXEC, b"newinstance,ptmxmode=0666,mode=620"
        )
    kept = {}
    for name in KEPT_OF_PROC:
        try:
            with open(f"/proc/{name}", "rb") as file:
                kept[name] = file.read(65_536)
        except OSError:
            continue
    aside = _put_aside() if driver else []
    _mount(b"tmpfs", b"/proc", b"tmpfs", MS_NOSUID | MS_NODEV, b"size=1m,nr_inodes=64,mode=755")
    for name, content in kept.items():
        with open(f"/proc/{name}", "wb") as file:
            file.write(content)
    if aside:
        _put_back(aside)


def _put_aside() -> list[str]:
    """Keep in view what NVIDIA's driver needs of ``/proc``: its own folders, and this process's."""
    there = [name for name in ("self", *OF_DRIVER) if os.path.isdir(f"/proc/{name}")]
    for name in there:
        os.makedirs(f"{ASIDE}/{name}")
        _mount(f"/proc/{name}".encode(), f"{ASIDE}/{name}".encode(), b"none", MS_BIND)
    return there


def _put_back(names: list[str]) -> None:
    """Show it again in the new ``/proc``, without a way to change anything outside.

    The driver names the threads that it starts by writing to ``/proc/self/task/…/comm``, and gives up where that fails.
    The old ``/proc`` knows this process's threads by the numbers that they have outside, so all numbers lead to one
    plain file.
    """
    for name in names:
        os.makedirs(f"/proc/{name}")
        _mount(f"{ASIDE}/{name}".encode(), f"/proc/{name}".encode(), b"none", MS_MOVE)
        if name != "self":
            read_only = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
            _mount(b"none", f"/proc/{name}".encode(), b"none", read_only)
    shutil.rmtree(ASIDE)
    for name in TELLS_OF_OUTSIDE:
        _mount(b"/dev/null", f"/proc/self/{name}".encode(), b"none", MS_BIND)
    task = "/proc/self/task"
    options = f"size=1m,nr_inodes={THREADS + 64},mode=755".encode()
    _mount(b"tmpfs", task.encode(), b"tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    os.mkdir(f"{task}/any")
    with open(f"{task}/any/comm", "wb"):
        pass
    for number in range(1, THREADS):
        os.symlink("any", f"{task}/{number}")


def _mount(source: bytes, target: bytes, kind: bytes, flags: int, options: bytes | None = None) -> None:
    _check(_libc.mount(source, target, kind, flags, options), f"mount {target.decode()}")


def drop_privileges() -> None:
    """Give up every capability for good, here and in all that is executed from here."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)(0, 0, 0, 0, 0, 0)
    _check(_libc.capset(header, nothing), "capset")


def die_with_parent() -> None:
    """Be killed when the parent goes."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "pdeathsig")
