"""The strategy by which each class of failure is tried again."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, field_validator

from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.strategy import Strategies, Strategy, parse_strategy, problem_of


def _parsed(value: Any) -> Any:
    if isinstance(value, Strategy):
        return value
    if not isinstance(value, str):
        raise ValueError('should be a text such as "exponential first=5 longest=30m"')
    return parse_strategy(value)


RetryStrategy = Annotated[Strategy, BeforeValidator(_parsed)]
USUAL = Strategy()


class StrategySettings(Frozen):
    """How each class of failure is tried again: `usual`, `exponential`, `fixed`, `adaptive` or `none`."""

    net_transient: RetryStrategy = USUAL
    """A connection broke, or the site had an error of its own."""
    url_expired: RetryStrategy = USUAL
    """A media address was refused; used up, it goes on as `throttled`."""
    throttled: RetryStrategy = USUAL
    """The site says that it is too much."""
    bot_check: RetryStrategy = USUAL
    """The site wants proof of a human."""
    auth: RetryStrategy = USUAL
    """Only for accounts that may see it."""
    geo: RetryStrategy = USUAL
    """Not shown in this country."""
    gone: RetryStrategy = USUAL
    """Removed; the second look is never sooner than a day after the first."""
    not_yet: RetryStrategy = USUAL
    """Announced without a time, or live."""
    unsupported: RetryStrategy = USUAL
    """Can't be downloaded by any means."""
    format: RetryStrategy = USUAL
    """No format fits the wished quality."""
    tool: RetryStrategy = USUAL
    """A program is missing."""
    local_disk: RetryStrategy = USUAL
    """No space left at the archive."""
    local_io: RetryStrategy = USUAL
    """The archive can't be written."""
    incomplete: RetryStrategy = USUAL
    """What came is not the whole file."""
    bug: RetryStrategy = USUAL
    """A fault in the program."""
    unknown: RetryStrategy = USUAL
    """Nothing explains it."""

    @field_validator("*")
    @classmethod
    def _fits_the_class(cls, value: Strategy, info: ValidationInfo) -> Strategy:
        if problem := problem_of(FailureClass(str(info.field_name)), value):
            raise ValueError(problem)
        return value

    def by_class(self) -> Strategies:
        """Those that differ from what is usual."""
        every = {each: getattr(self, each.value) for each in FailureClass}
        return {each: strategy for each, strategy in every.items() if strategy != USUAL}
