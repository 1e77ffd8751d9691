"""Layers, origins and complaints of the settings."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from ytarchive_tui.domain.errors import FailureClass, UsageError
from ytarchive_tui.domain.models import Container
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.settings import model
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.load import Loaded, load
from ytarchive_tui.settings.model import GROUPS, NAMES, Settings
from ytarchive_tui.settings.show import shown
from ytarchive_tui.settings.strategies import StrategySettings

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file to write into."""
    file = tmp_path / "config.toml"
    file.touch()
    return file


def problems(
    file: Path, env: dict[str, str] | None = None, cli: dict[str, object] | None = None
) -> list[str]:
    """The complaints about these layers."""
    with pytest.raises(UsageError) as raised:
        load(cli or {}, env or {}, file)
    return str(raised.value).splitlines()


def test_each_layer_wins_over_those_below(file: Path) -> None:
    file.write_text('[archive]\nquality = "720p"\ncontainer = "mkv"\nsubtitles = ["en", "de.*"]\n')
    env = {"YTARCHIVE_ARCHIVE__QUALITY": "1080p", "YTARCHIVE_ENGINE__DOWNLOADS": "7"}
    loaded = load({"archive.quality": "audio", "network.proxy": None}, env, file)
    assert loaded.settings.archive.quality == "audio"
    assert loaded.settings.archive.container is Container.MKV
    assert loaded.settings.archive.subtitles == ("en", "de.*")
    assert loaded.settings.engine.downloads == 7
    assert loaded.origins["archive.quality"] == "command line"
    assert loaded.origins["archive.container"] == f"file {file}"
    assert loaded.origins["engine.downloads"] == "environment YTARCHIVE_ENGINE__DOWNLOADS"
    assert loaded.origins["network.proxy"] == "default"
    assert set(loaded.origins) == set(NAMES)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("archive.quality", "1080", "write 1080p"),
        ("archive.quality", "4K", "write 2160p"),
        ("archive.subtitles", "all", "en.* takes all variants"),
    ],
)
def test_what_looks_right_but_is_not_is_refused_with_a_hint(
    file: Path, name: str, value: str, hint: str
) -> None:
    [told] = problems(file, cli={name: value})
    assert hint in told


def test_text_from_the_environment_becomes_lists_sizes_and_paths(file: Path) -> None:
    env = {
        "YTARCHIVE_ARCHIVE__SUBTITLES": "en, pt-BR",
        "YTARCHIVE_NETWORK__LIMIT_BYTES_PER_S": "1.5M",
        "YTARCHIVE_ENGINE__CHILD_MEMORY": "2GiB",
        "YTARCHIVE_RETRY__NETWORK_S": "1,2.5",
        "YTARCHIVE_RETRY__UNKNOWN_S": "9",
        "YTARCHIVE_ARCHIVE__ROOT": "~/kept",
        "YTARCHIVE_YOUTUBE__API_KEYS": "one,two",
        "YTARCHIVE_LOG__LEVEL": "",
        "YTARCHIVE_STATE_DIR": "/elsewhere",
    }
    settings = load({}, env, file).settings
    assert settings.archive.subtitles == ("en", "pt-BR")
    assert settings.network.limit_bytes_per_s == 1_572_864
    assert settings.engine.child_memory == 2 * 1024**3
    assert settings.retry.network_s == (1, 2.5)
    assert settings.retry.unknown_s == (9,)
    assert settings.archive.root == Path.home() / "kept"
    assert settings.youtube.api_keys == (SecretStr("one"), SecretStr("two"))


def test_all_problems_are_told_at_once_with_place_value_and_what_is_allowed(file: Path) -> None:
    file.write_text('colour = 1\n[archive]\ncontainer = "avi"\nqualty = "best"\n[engine]\ndownloads = 99\n')
    env = {"YTARCHIVE_ARCHVE__ROOT": "/x", "YTARCHIVE_ARCHIVE__SUBTITLES": "en,no way"}
    told = problems(file, env, {"network.socket_timeout_s": "soon"})
    assert told == [
        f"file {file}: colour is not a setting; the groups are {', '.join(GROUPS)}",
        f"file {file}: archive.qualty is not a setting; did you mean archive.quality?",
        "environment YTARCHIVE_ARCHVE__ROOT: archve.root is not a setting; did you mean archive.root?",
        f"file {file}: archive.container = 'avi': should be 'mp4' or 'mkv'",
        "environment YTARCHIVE_ARCHIVE__SUBTITLES: archive.subtitles = 'no way': "
        "should be a language code such as en, pt-BR or zh.*",
        "command line: network.socket_timeout_s = 'soon': should be a valid number, "
        "unable to parse string as a number",
        f"file {file}: engine.downloads = 99: should be less than or equal to 32",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("archive.quality", "--exec"),
        ("archive.root", " "),
        ("network.limit_bytes_per_s", "fast"),
        ("network.source_address", "localhost"),
        ("youtube.api_endpoint", "file:///etc/passwd"),
        ("engine.child_memory", "1M"),
        ("retry.local_s", ()),
        ("retry.network_s", (-1.0,)),
        ("retry.patience_s", "nan"),
    ],
)
def test_values_that_would_do_harm_later_are_refused_now(file: Path, name: str, value: object) -> None:
    (told,) = problems(file, cli={name: value})
    assert told.startswith(f"command line: {name} = ")


@pytest.mark.parametrize(
    "proxy", ["bob:hunter2@host:1", "ftp://bob:hunter2@host", "http://bob:hunter2@h:99999"]
)
def test_a_bad_proxy_is_refused_without_showing_its_password(file: Path, proxy: str) -> None:
    (told,) = problems(file, cli={"network.proxy": proxy})
    assert "hunter2" not in told
    assert "scheme://host:port" in told


def test_a_file_that_was_named_must_be_there_and_readable(tmp_path: Path) -> None:
    assert problems(tmp_path / "no.toml") == [f"file {tmp_path / 'no.toml'}: does not exist"]
    assert "YTARCHIVE" not in problems(tmp_path)[0]
    bad = tmp_path / "bad.toml"
    bad.write_text("[archive\n")
    assert problems(bad)[0].startswith(f"file {bad}: is not valid TOML: ")
    bad.write_bytes(b"\xff\xfe")
    assert problems(bad) == [f"file {bad}: is not UTF-8 text"]


def test_the_environment_may_name_the_file(file: Path) -> None:
    file.write_text("[log]\nkeep_mb = 3\n")
    loaded = load({}, {"YTARCHIVE_CONFIG": str(file)})
    assert loaded.settings.log.keep_mb == 3
    assert loaded.config_file == file


def test_the_retry_settings_are_the_rules_of_the_policy() -> None:
    rules = Settings().retry
    assert isinstance(rules, RetryRules)
    assert rules.model_dump(exclude={"patience_s"}) == RetryRules().model_dump()


def test_strategies_are_set_by_class_and_shown_with_their_origin(file: Path) -> None:
    file.write_text('[strategy]\nnet_transient = "exponential first=5s longest=1h"\n')
    loaded = load({}, {"YTARCHIVE_STRATEGY__AUTH": "fixed every=1d"}, file)
    rows = {row.name: (row.value, row.origin) for row in shown(loaded)}
    assert rows["strategy.net_transient"] == ("exponential first=5 longest=1h", f"file {file}")
    assert rows["strategy.auth"] == ("fixed every=1d", "environment YTARCHIVE_STRATEGY__AUTH")
    assert rows["strategy.gone"] == ("usual", "default")
    chosen = loaded.settings.strategy.by_class()
    assert set(chosen) == {FailureClass.NET_TRANSIENT, FailureClass.AUTH}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('auth = "sometimes"', "should begin with one of usual, exponential, fixed, adaptive, none"),
        ("auth = 5", "should be a text such as"),
        ('gone = "none"', "strategy.gone = 'none': needs a second look"),
        ('gone = "fixed every=2h"', "should wait at least 1d"),
        ('net = "none"', "did you mean"),
    ],
)
def test_a_strategy_that_can_not_be_used_says_what_to_write(file: Path, line: str, told: str) -> None:
    file.write_text(f"[strategy]\n{line}\n")
    with pytest.raises(UsageError) as refused:
        load({}, {}, file)
    assert told in str(refused.value)


def test_every_class_has_its_strategy() -> None:
    assert list(StrategySettings.model_fields) == [each.value for each in FailureClass]


def test_secrets_are_known_but_never_shown(file: Path) -> None:
    file.write_text('network.proxy = "http://bob:hun%23ter@host:3128"\nyoutube.api_keys = ["sesame-1"]\n')
    loaded = load({}, {}, file)
    assert set(loaded.settings.secrets()) == {"sesame-1", "hun%23ter", "hun#ter"}
    text = "\n".join(f"{row.name} {row.value}" for row in shown(loaded))
    assert "network.proxy http://[hidden]@host:3128" in text
    assert "sesame" not in text + repr(loaded)


def test_shown_settings_read_like_the_file(file: Path) -> None:
    rows = {row.name: row for row in shown(load({"archive.subtitles": "en,de"}, {}, file))}
    assert rows["archive.subtitles"].value == "en, de"
    assert rows["archive.subtitles"].origin == "command line"
    assert rows["archive.container"].value == "mp4"
    assert rows["archive.thumbnail"].value == "true"
    assert rows["network.proxy"].value == "-"
    assert rows["retry.network_s"].value == "5, 15, 60, 300, 1800"


def test_api_keys_come_from_settings_and_file_each_once(file: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# mine\nsecond\n\nfirst\n")
    settings = load({"youtube.api_keys": "first", "youtube.api_key_file": keys}, {}, file).settings
    assert read_api_keys(settings.youtube) == ("first", "second")
    keys.unlink()
    with pytest.raises(UsageError, match="No such file"):
        read_api_keys(settings.youtube)


def test_every_setting_is_documented_with_its_default(file: Path) -> None:
    page = DOCS.read_text()
    own = {"archive.root", "engine.downloads"}  # depend on the machine; the page says how
    for name, value, _ in shown(load({}, {}, file)):
        row = f"| `{name}` | {'' if name in own else f'`{value}` |'}"
        assert row in page, row
    assert "YTARCHIVE_ARCHIVE__ROOT" in page


def test_every_field_of_ours_has_a_sentence() -> None:
    for node in ast.walk(ast.parse(inspect.getsource(model))):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Settings") and node.name != "Settings":
            for field, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(field, ast.AnnAssign):
                    assert isinstance(after, ast.Expr), f"{node.name}: {ast.unparse(field)}"


def test_the_example_of_the_docs_is_valid(file: Path) -> None:
    file.write_text(DOCS.read_text().split("```toml\n")[1].split("```")[0])
    loaded: Loaded = load({}, {}, file)
    assert all(isinstance(getattr(loaded.settings, group), BaseModel) for group in model.GROUPS)


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from ytarchive_tui.settings.load import load; load({}, {});"
        "print(sorted({'textual', 'yt_dlp', 'pydantic_settings', 'googleapiclient'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
