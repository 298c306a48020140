"""ansible-playbook in a process that imported it once and forks for every run: half of a short run is imports.

The forked process is the command line as it is: its arguments, its configuration, its exit code, its output. Results of
tasks come back through a callback plugin of the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class WarmPlaybooks:
    """The client: starts the process at its first run; close() ends it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, list[dict]]:
        """Exit code, everything printed, and for each task {"failed": ..., "result": ...} in order.

        environment: variables that this run sees beside those of the tests.
        """
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm.playbooks"], cwd=ROOT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={
                    **os.environ,
                    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                    "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
                    "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
                    "ANSIBLE_CALLBACKS_ENABLED": "task_results",
                    "ANSIBLE_NOCOLOR": "1",
                },
            )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            request = {
                "arguments": arguments,
                "output": f"{folder}/output",
                "environment": {**(environment or {}), "VOIPBOX_TASK_RESULTS": f"{folder}/results"},
            }
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            code = int(self.process.stdout.readline())
            results = Path(folder, "results")
            told = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
            return code, Path(folder, "output").read_text(encoding="utf-8"), told

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def serve() -> None:
    """Answer requests, a JSON line each, with the exit code of the run."""
    # What every run would import next.
    import ansible.executor.module_common
    import ansible.executor.task_executor
    import ansible.plugins.action.normal
    import ansible.plugins.callback.default
    import ansible.plugins.connection.local
    import ansible.plugins.strategy.linear  # noqa: F401 - loads what every run needs
    from ansible.cli.playbook import PlaybookCLI

    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _play(PlaybookCLI, request)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _play(cli, request: dict) -> None:
    """Be the command line for one run, and end."""
    code = 1
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, place in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(target, place)
        os.environ.update(request["environment"])
        code = cli.cli_executor(["ansible-playbook", *request["arguments"]])
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
