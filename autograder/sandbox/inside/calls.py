"""A filter of system calls, the second wall: what no notebook needs is refused by the kernel before it is begun.

The filter is a program for the kernel's classic packet filter, run for every system call; see seccomp(2). A refused
call fails with EPERM, so programs that can do without it go on.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {  # name: number on x86_64, on aarch64
    # other namespaces, mounts and roots
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # keys
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # programs for the kernel, and its wide interfaces
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # the machine
    "reboot": (169, 142),
    "acct": (163, 89),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    # memory that belongs to no process: files in /dev/shm are there for the same
    "shmget": (29, 194),
    "msgget": (68, 186),
}
CLONE, CLONE3, SOCKET, SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)
CLONE_NEW = 0x7E020000
"""Flags of clone that ask for a namespace: mount, control group, host name, IPC, user, process, network."""
FAMILIES = (1, 2, 10, 16)
"""Sockets that there may be: unix, IPv4, IPv6, netlink. Those to a virtual machine's host know no network namespace."""
X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # in struct seccomp_data; the low half of the argument
_SECCOMP = (317, 277)
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 4


@dataclass(frozen=True)
class Jump:
    """An instruction that goes to a label where its test holds, and to the next instruction where not."""

    code: int
    value: int
    label: str


def program(machine: str | None = None) -> bytes | None:
    """The filter for a machine, by default this one; None where its system calls are not known here.

    Parameters
    ----------
    machine : str, optional
        As `os.uname` names it.

    Returns
    -------
    bytes or None
        Instructions of 8 bytes, as the kernel and bubblewrap take them.
    """
    machine = machine or os.uname().machine
    if machine not in ARCHITECTURES:
        return None
    at = list(ARCHITECTURES).index(machine)
    lines: list[Jump | tuple[int, int] | str] = [(_LOAD, _ARCHITECTURE)]
    lines += [Jump(_EQUAL, ARCHITECTURES[machine], "known"), (_RETURN, _ERRNO | errno.EPERM), "known"]
    lines += [(_LOAD, _NUMBER)]
    if machine == "x86_64":
        lines += [Jump(_AT_LEAST, X32, "missing")]
    # glibc then calls clone, whose flags can be read from here.
    lines += [Jump(_EQUAL, CLONE3[at], "missing"), Jump(_EQUAL, CLONE[at], "clone")]
    lines += [Jump(_EQUAL, numbers[at], "socket") for numbers in (SOCKET, SOCKETPAIR)]
    lines += [Jump(_EQUAL, numbers[at], "refused") for numbers in CALLS.values() if numbers[at] is not None]  # type: ignore[arg-type]
    lines += [(_RETURN, _ALLOW)]
    lines += ["clone", (_LOAD, _FIRST_ARGUMENT), Jump(_ANY_BIT, CLONE_NEW, "refused"), (_RETURN, _ALLOW)]
    lines += ["socket", (_LOAD, _FIRST_ARGUMENT)]
    lines += [Jump(_EQUAL, family, "allowed") for family in FAMILIES]
    lines += [(_RETURN, _ERRNO | errno.EAFNOSUPPORT)]
    lines += ["allowed", (_RETURN, _ALLOW)]
    lines += ["refused", (_RETURN, _ERRNO | errno.EPERM)]
    lines += ["missing", (_RETURN, _ERRNO | errno.ENOSYS)]
    return _assemble(lines)


def _assemble(lines: list[Jump | tuple[int, int] | str]) -> bytes:
    labels: dict[str, int] = {}
    instructions: list[Jump | tuple[int, int]] = []
    for line in lines:
        if isinstance(line, str):
            labels[line] = len(instructions)
        else:
            instructions.append(line)
    made = b""
    for number, line in enumerate(instructions):
        if isinstance(line, Jump):
            made += struct.pack("=HBBI", line.code, labels[line.label] - number - 1, 0, line.value)
        else:
            made += struct.pack("=HBBI", line[0], 0, 0, line[1])
    return made


PROGRAM = program()


def refuse_calls() -> None:
    """Put this process, and all that it starts from now on, under the filter; `no_new_privs` must be set.

    Raises
    ------
    OSError
        The kernel does not take it, or is not known here.
    """
    if PROGRAM is None:
        raise OSError(errno.ENOSYS, f"the system calls of {os.uname().machine} are not known here")
    content = ctypes.create_string_buffer(PROGRAM, len(PROGRAM))
    filter_ = struct.pack("@HP", len(PROGRAM) // 8, ctypes.addressof(content))
    number = _SECCOMP[list(ARCHITECTURES).index(os.uname().machine)]
    libc = ctypes.CDLL(None, use_errno=True)
    # Without the flag, kernels before 5.16 slow down everything under a filter.
    if libc.syscall(number, _SET_MODE_FILTER, _SPEC_ALLOW, ctypes.c_char_p(filter_)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
