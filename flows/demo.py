"""The demonstration: the bundled news site on loopback, and two real passes over it."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import yaml

from flows import environment
from flows.configuration import load_checked
from tasks.demosite import DemoSite
from tasks.present.terminal import console
from tasks.settings import ConfigError
from tasks.store.state import StoreError, locked

_MARKER = "made-by-newsdesk-demo"
_SETTINGS = {
    "http": {"allow_private_hosts": ["127.0.0.0/8"], "per_host_delay": "0s"},
    "polling": {"default_interval": "15m"},
}


def run_demo(config: Path, data: Path, *, keep: bool) -> None:
    """Two passes into `data`, which is emptied first where an earlier demo made it; the second sees an edited article.

    Raises ConfigError where `data` holds something else, DataFolderBusy where another demo works in it, StoreError.
    """
    environment.foresee_pass()
    load_checked(config)
    _empty(data)
    environment.prepare_pass(data)
    with DemoSite() as site:
        write_config(site, config, data / "config")
        say = console().print
        say(
            f"The demo site is up: {len(site.publishers)} publishers, e.g. {site.url('harbour-gazette', '/')}",
            highlight=False,
        )
        say("\n[bold]First pass[/bold], into an empty folder")
        _one_pass(data, site)
        site.edition = 2
        say("\n[bold]Second pass[/bold]: one publisher has edited an article and published another")
        _one_pass(data, site)
        from tasks.present.summary import print_places

        say()
        print_places(data)
        say(
            f'ask       newsdesk --data {data} sql "FROM topic_daily WHERE articles > 0"', highlight=False, markup=False
        )
        if keep:
            say("\nThe site stays up; stop it with Ctrl-C.")
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(3600)


def _one_pass(data: Path, site: DemoSite) -> None:
    from flows.monitor import monitor
    from tasks.present import progress, summary

    site.reset()
    with progress.showing(), environment.needing_prefect(data):
        done = monitor(str(data / "config"), str(data), None, True)
    summary.print_summary(done, data)
    asked = site.requests
    unchanged = sum(request.status == 304 for request in asked)
    console().print(
        f"The site was asked {len(asked)} times and answered {unchanged} times 304 (unchanged).", highlight=False
    )


def _empty(data: Path) -> None:
    try:
        if data.exists() and any(data.iterdir()):
            if not (data / _MARKER).exists():
                raise ConfigError(
                    f"--data {data}: holds something that the demo did not make; expected an empty or new folder"
                )
            with locked(data):
                shutil.rmtree(data)
        data.mkdir(parents=True, exist_ok=True)
        (data / _MARKER).write_text("The next `newsdesk demo` empties this folder.\n", encoding="utf-8")
    except OSError as error:
        reason = error.strerror
        raise StoreError(f"{data}: cannot be written ({reason}); the demo needs a folder it may write") from error


def write_config(site: DemoSite, config: Path, folder: Path) -> None:
    """The demo's own configuration: the site's sources with the topics of `config`."""
    folder.mkdir(parents=True)
    shutil.copyfile(config / "topics.yaml", folder / "topics.yaml")
    sources = yaml.safe_dump({"sources": site.sources()}, allow_unicode=True, sort_keys=False)
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    (folder / "settings.yaml").write_text(yaml.safe_dump(_SETTINGS, sort_keys=False), encoding="utf-8")
