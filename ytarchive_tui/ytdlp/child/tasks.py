"""The tasks that children run; each takes and returns plain dictionaries, see `protocol`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.ytdlp.child import download as downloading
from ytarchive_tui.ytdlp.child import listing, looking
from ytarchive_tui.ytdlp.child.describe import metadata_of
from ytarchive_tui.ytdlp.child.evidence import clean, evidence
from ytarchive_tui.ytdlp.child.extraction import extract, mark
from ytarchive_tui.ytdlp.child.session import Selection, Session, keep_ready, session_for
from ytarchive_tui.ytdlp.child.staging import claimed
from ytarchive_tui.ytdlp.child.warmth import warm
from ytarchive_tui.ytdlp.options import complaint
from ytarchive_tui.ytdlp.protocol import FormatRequest, ItemRequest, ListRequest, LookRequest
from ytarchive_tui.ytdlp.task import Emit, Task

__all__ = ["check_format", "download", "list_source", "look", "resolve", "sidecars", "warm"]

Request = TypeVar("Request", ItemRequest, ListRequest, LookRequest)


def _task(
    model: type[Request],
) -> Callable[[Callable[[Session, Request, Emit], Any]], Task]:
    """Make a task of a function: validate its request, give it a session, turn errors into evidence."""

    def decorate(function: Callable[[Session, Request, Emit], Any]) -> Task:
        @functools.wraps(function)
        def run(raw: dict[str, Any], emit: Emit) -> dict[str, Any]:
            request = model.model_validate(raw)
            session = session_for(request.config, request.job)
            try:
                result = function(session, request, emit)
            except Exception as error:
                raise StageError(evidence(error, session)) from error
            return result.model_dump(mode="json") if isinstance(result, Frozen) else result

        return run

    return decorate


@_task(ItemRequest)
def resolve(session: Session, request: ItemRequest, emit: Emit) -> Any:
    """Everything about one item (`ItemMetadata`); what was told is kept in staging for `download`."""
    with claimed(request):
        told = extract(session, request)
        extraction = mark(request.staging)
    session.prepare(request.options, request.staging)
    info = session.process_ie_result(told, download=False)
    metadata = metadata_of(info, session.messages.doubts)
    session.selection = Selection(request.video_id, request.options, info, extraction, time.time())
    keep_ready(session)
    return metadata


@_task(ListRequest)
def list_source(session: Session, request: ListRequest, emit: Emit) -> Any:
    """The entries of a list, as `page` events (`ListPage`)."""
    return listing.list_source(session, request, emit)


@_task(LookRequest)
def look(session: Session, request: LookRequest, emit: Emit) -> Any:
    """Video id → `AtSource`, as each is seen by itself."""
    return looking.look(session, request)


@_task(ItemRequest)
def download(session: Session, request: ItemRequest, emit: Emit) -> Any:
    """An item's files (`StagedDownload`), with `metadata` and `progress` events."""
    return downloading.download(session, request, emit)


@_task(ItemRequest)
def sidecars(session: Session, request: ItemRequest, emit: Emit) -> Any:
    """An archived item's sidecars alone (`FetchedSidecars`)."""
    return downloading.fetch_sidecars(session, request)


def check_format(raw: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """`{"complaint": None}` when the options' quality can be used, else what is wrong with it."""
    request = FormatRequest.model_validate(raw)
    wrong = complaint(request.options.quality)
    try:
        session_for(request.config, None).prepare(request.options, request.options.archive)
    except SyntaxError as error:
        wrong = clean(str(error))
    return {"complaint": wrong}
