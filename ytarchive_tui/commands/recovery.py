"""`recovery list|show|create|apply|dismiss|undo`: plans without a screen, also beside a running engine."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from ytarchive_tui.batch.wording import count, moment, size
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.commands.shell_words import as_filter
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.plans import Around, FixKind, Plan
from ytarchive_tui.domain.recovery import span
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.recovery import RecoveryService
from ytarchive_tui.services.sources import SourcesService
from ytarchive_tui.ytdlp.options import complaint

if TYPE_CHECKING:
    from ytarchive_tui.db.recovery import Example, Step

_SAID = 200


def list_plans(options: Mapping[str, Any], *, everything: bool, as_json: bool) -> None:
    """One plan a line; with `everything` also those that were set aside."""

    async def run() -> None:
        async with service_of(options) as service:
            found = await service.plans(hidden=everything)
        if not found and not as_json:
            print("nothing to recover", file=sys.stderr)
        for plan in found:
            click.echo(json.dumps(facts(plan)) if as_json else _line(plan))

    asyncio.run(run())


def show(options: Mapping[str, Any], name: str, *, as_json: bool) -> None:
    """Everything about one plan; raises `UsageError`."""

    async def run() -> None:
        async with service_of(options) as service:
            details = await service.details(await service.find(name))
        plan = details.plan
        if as_json:
            told = {"evidence": [evidence(each) for each in details.newest], "done": [
                _step(step) | {"archived": now.done, "failed_again": now.again, "under_way": now.under_way,
                               "to_come": now.to_come} for step, now in details.steps
            ]}  # fmt: skip
            click.echo(json.dumps(facts(plan) | told))
            return
        click.echo(f"{plan.key}: {plain(plan.title)}\n{plan.cause}\n")
        click.echo(
            f"{count(plan.jobs, 'item')}, first at {moment(plan.since)}, last at {moment(plan.latest)}"
        )
        when = f"at {moment(plan.next_at)}: " if plan.next_at else ""
        click.echo(f"next: {when}{plan.next_step}\n")
        width = max(len(fix.title) for fix in plan.fixes)
        for fix in plan.fixes:
            click.echo(f"  {fix.kind:<8}  {fix.title:<{width}}  {fix.cost}")
        for number, step in enumerate(_advice(plan), 1):
            click.echo(f"\n{'mend' if number == 1 else '    '} {number}. {step}")
        click.echo()
        for example in details.newest:
            status = f"HTTP {example.http_status}: " if example.http_status else ""
            click.echo(f"  {moment(example.at)}  {plain(example.title or example.url, _SAID)}")
            click.echo(f"         {status}{plain(example.message or example.reason, _SAID)}")
        for done, now in details.steps:
            click.echo(
                f"  {moment(done.at)}  {done.fix}: {now.done} archived, {now.again} failed again, "
                f"{now.under_way} under way, {now.to_come} to come"
            )

    asyncio.run(run())


def apply(
    options: Mapping[str, Any], name: str, fix: str, *, quality: str | None, items: int = 1,
    per_hour: int | None, dry_run: bool, as_json: bool, use: str | None = None,
) -> None:  # fmt: skip
    """Do what a fix of a plan says, or only tell what it would do; raises `UsageError`."""
    kind = FixKind(fix)
    if (kind is FixKind.QUALITY) != (quality is not None):
        raise UsageError("the fix «quality» needs --quality, and no other takes it")
    swap = kind in (FixKind.COOKIES, FixKind.PROXY)
    if swap != (use is not None):
        raise UsageError("the fixes «cookies» and «proxy» need --use, and no other takes it")
    if items != 1 and kind is not FixKind.TRY_ONE:
        raise UsageError("--items belongs to the fix «try-one»")
    if quality is not None and (problem := complaint(quality)):
        raise UsageError(problem)

    async def run() -> None:
        async with service_of(options) as service:
            plan = await service.find(name)
            if kind is FixKind.SPACE:
                await _free_space(service, plan, dry_run=dry_run, as_json=as_json)
                return
            if use is not None:
                step = await service.use(plan, kind, use)
                told = f"in use now; `recovery apply {plan.key} try-one` tries it, `recovery undo` goes back"
                click.echo(json.dumps(_step(step)) if as_json else told)
                return
            pace = (per_hour or None) if per_hour is not None else plan.per_hour
            preview = await service.preview(plan, kind, pace, items)
            if dry_run:
                _tell_preview(
                    preview.jobs, preview.requests, preview.takes_s, preview.sample, as_json=as_json
                )
                return
            match kind:
                case FixKind.TRY_ONE:
                    step = await service.try_one(plan, items)
                case FixKind.QUALITY:
                    step = await service.take_quality(plan, str(quality), pace)
                case FixKind.ACCEPT:
                    step = await service.accept(plan, pace)
                case _:
                    step = await service.retry(plan, pace)
            if as_json:
                click.echo(json.dumps(_step(step)))
            else:
                click.echo(f"{count(step.jobs, 'item')} released; `recovery undo` takes it back")

    asyncio.run(run())


async def _free_space(service: RecoveryService, plan: Plan, *, dry_run: bool, as_json: bool) -> None:
    jobs = await service.space(plan)
    freed = sum(jobs.values()) if dry_run else await service.free_space(plan)
    if as_json:
        click.echo(json.dumps({"plan": plan.key, "fix": FixKind.SPACE, "jobs": len(jobs), "bytes": freed}))
    else:
        would = "would be freed" if dry_run else "freed"
        click.echo(f"{size(freed)} of {count(len(jobs), 'partial download')} {would}")


def create(
    options: Mapping[str, Any], words: tuple[str, ...], *, source: str | None, title: str, as_json: bool
) -> None:
    """Make a plan from a choice of what failed; raises `UsageError`."""

    async def run() -> None:
        async with service_of(options) as service:
            number = None
            if source is not None:
                root = settings_of(options).settings.archive.root
                number = (await SourcesService(await service.open()).find(source, root)).id
            plan = await service.create(as_filter(words), source=number, title=title)
        click.echo(json.dumps(facts(plan)) if as_json else _line(plan))

    asyncio.run(run())


def dismiss(options: Mapping[str, Any], name: str, *, snooze: bool, as_json: bool) -> None:
    """Hide a plan, until something new fails or until tomorrow; raises `UsageError`."""

    async def run() -> None:
        async with service_of(options) as service:
            plan = await service.find(name)
            step = await (service.snooze(plan) if snooze else service.dismiss(plan))
        until = "tomorrow morning" if snooze else "another item fails"
        click.echo(
            json.dumps(_step(step)) if as_json else f"hidden until {until}; `recovery undo` takes it back"
        )

    asyncio.run(run())


def undo(options: Mapping[str, Any], *, as_json: bool) -> None:
    """Take back what was last done about a plan; raises `UsageError` when there is nothing."""

    async def run() -> None:
        async with service_of(options) as service:
            undone = await service.undo()
        if undone is None:
            raise UsageError("there is nothing that can be taken back")
        told = f"took back «{undone.step.fix}» of {count(undone.jobs, 'item')}: {plain(undone.step.title)}"
        click.echo(json.dumps(_step(undone.step) | {"jobs": undone.jobs}) if as_json else told)

    asyncio.run(run())


@asynccontextmanager
async def service_of(options: Mapping[str, Any]) -> AsyncIterator[RecoveryService]:
    """The service on the user's own state file, also beside a running engine."""
    settings, paths = settings_of(options).settings, paths_of(options)
    network = settings.network
    around = Around(cookies=network.cookies_file is not None, proxy=network.proxy is not None)
    service = RecoveryService(paths.database, around)
    try:
        # Also brings a file of an earlier version up to date.
        await service.open()
        yield service
    finally:
        await service.close()


def _line(plan: Plan) -> str:
    if plan.hidden is not None:
        until = plan.hidden.until
        stand = f"snoozed until {moment(until)}" if until else "dismissed"
    elif plan.blocked:
        stand = "needs you"
    elif plan.next_at:
        stand = f"next try at {moment(plan.next_at)}"
    else:
        stand = "has failed"
    return f"{plan.key:<18}  {plan.jobs:>7,}  {plain(plan.title)}  ({stand})"


def _tell_preview(
    jobs: int, requests: int, takes_s: float, sample: tuple[Example, ...], *, as_json: bool
) -> None:
    titles = [plain(each.title or each.url, _SAID) for each in sample]
    if as_json:
        click.echo(json.dumps({"jobs": jobs, "requests": requests, "takes_s": takes_s, "first": titles}))
        return
    over = f", the last {span(takes_s)} from now" if takes_s else ""
    click.echo(f"{count(jobs, 'item')} would be tried again, about {requests:,} requests{over}:")
    for title in titles:
        click.echo(f"  {title}")
    if jobs > len(titles):
        click.echo(f"  and {jobs - len(titles):,} more")


def facts(plan: Plan) -> dict[str, Any]:
    """A plan as JSON."""
    return {
        "key": plan.key, "class": plan.failure_class, "title": plan.title, "root": plan.root,
        "cause": plan.cause,
        "jobs": plan.jobs, "failed": plan.failed, "blocked": plan.blocked, "waiting": plan.waiting,
        "since": _time(plan.since), "latest": _time(plan.latest), "next_at": _time(plan.next_at),
        "next_step": plan.next_step, "requests": plan.requests, "per_hour": plan.per_hour,
        "made_by_you": plan.made is not None,
        "hidden": plan.hidden is not None,
        "fixes": [{"fix": fix.kind, "title": fix.title, "cost": fix.cost} for fix in plan.fixes],
    }  # fmt: skip


def evidence(example: Example) -> dict[str, Any]:
    """One failed job as JSON."""
    return {"title": example.title, "url": example.url, "status": example.status, "at": _time(example.at),
            "http_status": example.http_status, "message": example.message}  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    return {"plan": step.plan, "fix": step.fix, "jobs": step.jobs, "at": _time(step.at)}


def _advice(plan: Plan) -> tuple[str, ...]:
    fix = plan.fix(FixKind.MEND)
    return fix.advice.steps if fix is not None and fix.advice is not None else ()


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
