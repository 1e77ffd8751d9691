"""Small files and renames that are either wholly there or not at all, also after a power cut."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from typing import Any

_RENAME_NOREPLACE = 1
_MOST = 64 * 1024 * 1024


def open_regular(name: str, folder: int, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a plain file directly in `folder`; links, pipes and devices raise `OSError`."""
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is not a plain file", name)
    return descriptor


def read_file(name: str, folder: int, most: int = _MOST) -> bytes:
    """The content of a plain file of at most `most` bytes; raises `OSError` (`EOVERFLOW` beyond that)."""
    with os.fdopen(open_regular(name, folder), "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EOVERFLOW, f"is larger than {most} bytes", name)
    return content


def write_file(name: str, folder: int, content: bytes, mode: int = 0o600) -> None:
    """Write a file under another name, bring it to the disk, rename it, and bring that to the disk."""
    draft = f"{name}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, mode, dir_fd=folder), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def rename_new(name: str, folder: int, new_name: str, new_folder: int) -> None:
    """Rename a folder or file to a name that must be free: `FileExistsError` when it is not.

    Where the system has no such call, a plain rename still replaces nothing but an empty folder, and a look
    goes before it for files.
    """
    if _renameat2 is not None:
        if _renameat2(folder, os.fsencode(name), new_folder, os.fsencode(new_name), _RENAME_NOREPLACE) == 0:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise OSError(number, os.strerror(number), name, None, new_name)
    if _is_file(new_name, new_folder):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)
    try:
        os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name) from error
        raise


def _is_file(name: str, folder: int) -> bool:
    try:
        return not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _find_renameat2() -> Any:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return function


_renameat2 = _find_renameat2()
