"""PostgreSQL refuses to run as root. How root runs it as nobody.

Best is a user namespace, in which our own files belong to nobody: it needs no rights and
leaves no trace. Containers often forbid it; there the program really becomes nobody, and the
folder it writes to is given to nobody.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.home import ServicesError

_NOBODY = 65534
_NAMESPACE = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")
_BECOME = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
# Becoming somebody else clears the parent-death signal, so it is asked for once more.
_STOP_WITH_PARENT = ("--pdeathsig", "INT", "--")


def command(folder: Path, program: Path) -> Sequence[str]:
    """Words to put before ``program`` so that it can run and own ``folder``; none if not root.

    ``folder`` is given to the user it will run as. Raises ServicesError, saying what to do,
    where this machine allows neither way.
    """
    if os.geteuid() != 0:
        return ()
    namespace_problem = _problem((*_NAMESPACE, str(program), "--version"))
    if not namespace_problem:
        _give(folder, 0)
        return _NAMESPACE
    folder.parent.chmod(0o711)  # nobody may pass through, and still not look around
    _give(folder, _NOBODY)
    reach = (*_BECOME, "--", "sh", "-c", 'cd "$1" && "$2" --version', "sh")
    become_problem = _problem((*reach, str(folder), str(program)))
    if not become_problem:
        return (*_BECOME, *_STOP_WITH_PARENT)
    raise ServicesError(
        "PostgreSQL does not run as root, and on this machine root can run it neither in a user"
        f" namespace ({namespace_problem}) nor as the user nobody ({become_problem}). Run"
        " Folkmoot as an ordinary user; or move it to where every user may read, such as /srv;"
        " or set DATABASE_URL and REDIS_URL to services of your own."
    )


def _problem(argv: Sequence[str]) -> str:
    """What went wrong, or "" if the command works."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")
    except FileNotFoundError:
        return f"the program {argv[0]} is missing"
    return "" if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


def _give(folder: Path, user: int) -> None:
    """Make ``user`` the owner of everything in ``folder``, if it is not already."""
    if folder.stat().st_uid == user:
        return
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(place, name), user, user, follow_symlinks=False)
    os.chown(folder, user, user)  # last: as long as it is missing, this is not finished
