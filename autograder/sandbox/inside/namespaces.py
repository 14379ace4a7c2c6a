"""Namespaces of its own for every forked child: users, processes, mounts, IPC, network, host name."""

from __future__ import annotations

import contextlib
import ctypes
import os

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 1, 2, 4, 8, 4096
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
SIGKILL = 9
SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
KEYCTL_JOIN_SESSION_KEYRING = 1
KEPT_OF_PROC = ("cpuinfo", "meminfo", "stat", "loadavg")

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare_all(*, processes: bool) -> None:
    """Leave all namespaces; with `processes`, the next fork is process 1 of a new process namespace."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET
    flags |= CLONE_NEWPID if processes else 0
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


def mount_own_files(writable_bytes: int, files: int) -> None:
    """Give this process a scratch folder of its own."""
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


def hide_processes() -> None:
    """Cover ``/proc``, for the kernel allows no new one here; a few files stay for who asks about processors."""
    kept = {}
    for name in KEPT_OF_PROC:
        try:
            with open(f"/proc/{name}", "rb") as file:
                kept[name] = file.read(65_536)
        except OSError:
            continue
    _mount(b"tmpfs", b"/proc", b"tmpfs", MS_NOSUID | MS_NODEV, b"size=1m,nr_inodes=64,mode=755")
    for name, content in kept.items():
        with open(f"/proc/{name}", "wb") as file:
            file.write(content)


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
