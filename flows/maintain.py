"""Housekeeping, once a night: old archive files go, texts lose what a site's pages share, the index is merged."""

from __future__ import annotations

from prefect import flow

from flows.cleaning import clean_articles
from flows.passes import RUNNER, Pass, run_pass
from tasks import steps
from tasks.capture.archive import expired_files
from tasks.model import RunSummary
from tasks.present.progress import reporter
from tasks.store.upkeep import complete_search, forget_archive_files


@flow(name="maintain", task_runner=RUNNER, persist_result=False, retries=3, retry_delay_seconds=600)
def maintain(config: str = "config", data: str = "data") -> RunSummary:
    """One housekeeping pass; tried again where a monitoring pass holds the data folder.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """

    def work(current: Pass) -> bool:
        keep = current.config.settings.archive.keep
        files = expired_files(current.data, current.summary.started_at - keep)
        forget_archive_files(current.connection, files)
        steps.remove_archive_files(current.data, files)
        reporter().say(f"archive: {len(files)} files older than {keep.days} days removed")
        cleaned = clean_articles(current)
        reporter().say(f"articles: {cleaned} derived again, for what was learned about their sites")
        indexed = complete_search(current.connection)
        return bool(files or cleaned or indexed)

    return run_pass(config, data, "maintain", work)
