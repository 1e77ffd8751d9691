"""Children: started, heard, limited and ended, with real processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from child_kit import ENVIRONMENT, TASKS, Kit, alive, parent_of, until

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.ytdlp import zygote_link


async def test_a_task_runs_in_a_clean_group_of_its_own(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[dict[str, Any]] = []

    async def on_event(event: dict[str, Any]) -> None:
        events.append(event)

    told = await kit.pool.run("about", {"job": 7, "name": "日本 \x00"}, on_event)
    assert told["request"] == {"job": 7, "name": "日本 \x00"}
    assert told["group"] == told["pid"] != os.getpid()
    assert told["session"] != os.getsid(0)
    assert told["nice"] >= min(os.nice(0) + 10, 19)
    assert told["session_nice"] >= 10
    assert told["warmed"] == {"colour": "blue"}
    assert told["umask"] == 0o077
    assert told["env"]["YTDLP_NO_PLUGINS"] == "1"
    assert not [name for name in told["env"] if name.startswith("PYTHON") or "proxy" in name.lower()]
    assert len(events) == 1
    await until(lambda: ("about", 7, "a print goes to stderr �[31m") in kit.logged)


async def test_a_fork_has_no_descriptor_but_its_own(forking: Kit) -> None:
    told = await forking.pool.run("about", {})
    assert len(told["descriptors"]) == 5  # three pipes, the events, and the listing itself
    assert told["core"] == 0


async def test_a_fork_reaches_its_first_code_in_milliseconds(forking: Kit) -> None:
    await forking.pool.run("about", {})
    delays: list[float] = []
    for _ in range(10):
        began = time.monotonic()

        async def on_event(event: dict[str, Any], began: float = began) -> None:
            delays.append(event["first_code"] - began)

        await forking.pool.run("about", {}, on_event)
    assert sorted(delays)[4] < 0.1


async def test_events_arrive_in_order_and_complete(kit: Kit) -> None:
    numbers: list[int] = []

    async def on_event(event: dict[str, Any]) -> None:
        numbers.append(event["number"])

    assert await kit.pool.run("count", {"to": 5000}, on_event) == {"done": True}
    assert numbers == list(range(5000))


async def test_tasks_run_beside_each_other(kit: Kit) -> None:
    told = await asyncio.gather(*(kit.pool.run("about", {"n": n}) for n in range(6)))
    assert [one["request"]["n"] for one in told] == list(range(6))
    assert len({one["pid"] for one in told}) == 6


async def test_an_exception_becomes_evidence_with_its_causes(kit: Kit) -> None:
    evidence = await kit.evidence("fail")
    assert evidence.exception == ("ValueError", "OSError")
    assert evidence.errno == 28
    assert (await kit.evidence("refuse")).http_status == 429


async def test_cancelling_ends_the_whole_group(kit: Kit) -> None:
    pids: list[int] = []

    async def on_event(event: dict[str, Any]) -> None:
        pids.extend(event["pids"])

    run = asyncio.create_task(kit.pool.run("hang_with_grandchild", {}, on_event))
    await until(lambda: bool(pids))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    if kit.mode == "pool":
        await until(lambda: not any(map(alive, pids)), 1.0)
    assert not any(map(alive, pids))
    assert await kit.pool.run("count", {"to": 0}) == {"done": True}


async def test_an_error_in_the_listener_ends_the_child(forking: Kit) -> None:
    pids: list[int] = []

    async def on_event(event: dict[str, Any]) -> None:
        pids.extend(event["pids"])
        raise LookupError("lease lost")

    with pytest.raises(LookupError):
        await forking.pool.run("hang_with_grandchild", {}, on_event)
    assert not any(map(alive, pids))


async def test_nothing_is_left_behind_by_a_task_that_returned(forking: Kit) -> None:
    assert not alive((await forking.pool.run("leave_grandchild", {}))["pid"])


async def test_memory_is_limited_and_no_core_is_left(kit: Kit) -> None:
    assert (await kit.pool.run("about", {}))["core"] == 0
    assert await kit.pool.run("eat", {"bytes": 50 * 1024**2}) == {"size": 50 * 1024**2}
    assert (await kit.evidence("eat", bytes=1100 * 1024**2)).exception == ("MemoryError",)


async def test_a_javascript_runtime_fits_under_the_limit(forking: Kit) -> None:
    deno = shutil.which("deno", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if deno is None:
        pytest.skip("no deno here")
    done = await forking.pool.run("run_program", {"command": [deno, "eval", "console.log(6 * 7)"]})
    assert (done["code"], done["out"]) == (0, "42\n"), done["err"]


async def test_a_killed_child_is_reported_with_its_signal_and_last_words(kit: Kit) -> None:
    evidence = await kit.evidence("die", signal=int(signal.SIGKILL))
    assert evidence.exception == ("ChildDied",)
    assert "last words" in evidence.warnings
    if kit.mode == "fork":
        assert "SIGKILL" in evidence.message


async def test_garbage_between_the_lines_is_logged_and_harmless(forking: Kit) -> None:
    assert await forking.pool.run("babble", {}) == {"ok": True}
    noted = [line for _, _, line in forking.logged if line.startswith("not a message")]
    assert len(noted) == 3 and not any("\x1b" in line or len(line) > 2000 for line in noted)


async def test_the_tasks_of_one_job_share_a_child_and_other_jobs_do_not(forking: Kit) -> None:
    async def pid(job: int, *, more: bool) -> int:
        told = await forking.pool.run("about", {"job": job}, more=more)
        assert told["request"] == {"job": job}
        return int(told["pid"])

    first = await pid(1, more=True)
    other = await pid(2, more=True)
    assert await pid(1, more=True) == first != other
    assert await pid(1, more=False) == first
    await until(lambda: not alive(first))
    assert await pid(1, more=False) not in (first, other)
    assert alive(other)


async def test_a_child_that_died_while_it_waited_is_replaced(forking: Kit) -> None:
    first = (await forking.pool.run("about", {"job": 1}, more=True))["pid"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: forking.pool._children._kept[1][0].child.exited.done())
    assert (await forking.pool.run("about", {"job": 1}))["pid"] != first


async def test_of_two_children_of_one_job_one_waits(forking: Kit) -> None:
    both = [forking.pool.run("about", {"job": 1}, more=True) for _ in range(2)]
    pids = [told["pid"] for told in await asyncio.gather(*both)]
    await until(lambda: sorted(map(alive, pids)) == [False, True])


async def test_waiting_children_are_few_and_end_with_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ytarchive_tui.ytdlp.fork_link.KEPT", 2)
    kit = Kit("fork")
    async with kit.pool:
        pids = [(await kit.pool.run("about", {"job": n}, more=True))["pid"] for n in range(4)]
        await until(lambda: [alive(pid) for pid in pids] == [False, False, True, True])
    assert not any(map(alive, pids))


async def test_a_waiting_child_ends_when_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ytarchive_tui.ytdlp.fork_link.KEPT_S", 0.05)
    kit = Kit("fork")
    async with kit.pool:
        pid = (await kit.pool.run("about", {"job": 1}, more=True))["pid"]
        await until(lambda: not alive(pid))


async def test_a_failed_task_ends_its_child(forking: Kit) -> None:
    pid = (await forking.pool.run("about", {"job": 1}, more=True))["pid"]
    with pytest.raises(StageError):
        await forking.pool.run("fail", {"job": 1}, more=True)
    assert not alive(pid)


async def test_a_dead_zygote_takes_its_tasks_along_and_is_replaced(forking: Kit) -> None:
    pids: list[int] = []

    async def on_event(event: dict[str, Any]) -> None:
        pids.extend(event["pids"])

    run = asyncio.create_task(forking.pool.run("hang_with_grandchild", {}, on_event))
    await until(lambda: bool(pids))
    zygote = parent_of(pids[0])
    os.kill(zygote, signal.SIGKILL)
    with pytest.raises(StageError) as caught:
        await run
    assert caught.value.evidence.exception == ("ZygoteDied",)
    assert not any(map(alive, pids))
    assert (await forking.pool.run("about", {}))["pid"]


async def test_a_fork_that_the_system_refuses_fails_its_own_task_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "stand_in.py"
    stand_in.write_text(
        textwrap.dedent("""
            import errno, os, runpy, sys
            fork, calls = os.fork, []
            def refuse_the_second():
                calls.append(1)
                if len(calls) == 2:
                    raise OSError(errno.EAGAIN, "no more processes")
                return fork()
            os.fork = refuse_the_second
            del sys.argv[0]
            runpy.run_module(sys.argv[0], run_name="__main__")
        """)
    )
    monkeypatch.setattr(zygote_link, "PYTHON", (sys.executable, "-P", "-X", "utf8", str(stand_in)))
    kit = Kit("fork")
    heard = asyncio.Event()

    async def on_event(event: dict[str, Any]) -> None:
        heard.set()

    async with kit.pool:
        kit.pool.tell({"limit_bps": 1})
        running = asyncio.create_task(kit.pool.run("listen", {"until": 2}, on_event))
        await asyncio.wait_for(heard.wait(), 10)
        refused = await kit.evidence("about")
        assert refused.warnings == ("no process can be started: no more processes",)
        kit.pool.tell({"limit_bps": 2})
        assert await running == {"heard": [1, 2]}
        assert (await kit.pool.run("about", {}))["pid"]


def start_parent(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | ENVIRONMENT,
    )


@pytest.mark.parametrize("mode", ["fork", "pool"])
async def test_killing_the_parent_leaves_no_process(mode: str) -> None:
    program = f"""
        import asyncio
        from ytarchive_tui.ytdlp.process import ChildPool
        tasks = {TASKS!r}
        async def main():
            async def on_event(event):
                print(*event["pids"], flush=True)
            async with ChildPool(tasks, log=print, mode={mode!r}, environment={ENVIRONMENT!r}) as pool:
                await pool.run("hang_with_grandchild", {{}}, on_event)
        asyncio.run(main())
    """
    parent = start_parent(program)
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(pid) for pid in (await asyncio.to_thread(parent.stdout.readline)).split()]
        assert len(pids) == 2 and all(map(alive, pids))
        if mode == "fork":
            pids.append(parent_of(pids[0]))
        parent.kill()
        parent.wait()
        await until(lambda: not any(map(alive, pids)))
