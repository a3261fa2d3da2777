"""A backfill from WARC files: read, derive and commit batch after batch, from where an earlier one was cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.deriving import by_readability, derive_in_order
from flows.inputs import Choice
from flows.passes import BATCH, Pass
from tasks import steps
from tasks.derive import warcs
from tasks.derive.warcbytes import next_record
from tasks.model import Derived, FetchedPage, Filled
from tasks.present.progress import reporter
from tasks.store import backfill, load


@dataclass(frozen=True, slots=True)
class _Read:
    """A batch that was read, and how many of its pages the database has already."""

    path: Path
    batch: warcs.Batch
    stored: int


class WarcFill:
    """Stores what WARC files hold. The order of files, records and commits is the same however often it is cut off."""

    def __init__(self, current: Pass, choice: Choice, done: Filled) -> None:
        self._current = current
        self._choice = choice
        self._done = done
        self._files: dict[Path, backfill.WarcFile] = {}

    def run(self, paths: Sequence[Path]) -> bool:
        """Read what is left of the files; returns whether that was anything."""
        for path in paths:
            file = self._open(path)
            if file and file.is_done:
                self._done.files_known += 1
            elif file:
                self._files[path] = file
        left = sum(file.size - file.next_offset for file in self._files.values())
        if left:
            reporter().begin("bytes of WARC", left)
            derive_in_order(self._current, self._read(), self._commit)
        return bool(left)

    def _open(self, path: Path) -> backfill.WarcFile | None:
        try:
            found = path.stat()
            first = next_record(path, 0)
        except OSError as error:
            self._give_up(f"{path}: {error.strerror}")
            return None
        if first is None:
            why = "there is no WARC record in it" if found.st_size else "it is empty"
            self._give_up(f"{path}: not a WARC file: {why}")
            return None
        data = self._current.data.resolve()
        name = path.relative_to(data) if path.is_relative_to(data) else path
        file = backfill.WarcFile(name.as_posix(), self._choice.key(), found.st_size, found.st_mtime_ns)
        return backfill.known_progress(self._current.connection, file)

    def _read(self) -> Iterator[tuple[_Read, Sequence[FetchedPage]]]:
        for path, file in list(self._files.items()):
            for batch in self._batches(path, file):
                new = backfill.new_captures(self._current.connection, batch.pages)
                yield _Read(path, batch, len(batch.pages) - len(new)), load.with_hints(self._current.connection, new)

    def _batches(self, path: Path, file: backfill.WarcFile) -> Iterator[warcs.Batch]:
        try:
            found = warcs.scan(path, file.warc_file, file.next_offset)
            yield from warcs.batches(found, BATCH, self._choice.wants_site)
        except OSError as error:
            self._give_up(f"{path}: {error.strerror or error}")

    def _commit(self, read: _Read, derived: list[Derived]) -> None:
        """Store the pages that are wanted, with how far the file is read."""
        skipped = Counter(read.batch.skipped)
        skipped["already_stored"] += read.stored
        whole, damaged = by_readability(derived)
        skipped["damaged"] += len(damaged)
        kept = self._wanted(whole, skipped)
        skipped = +skipped  # without reasons that none has
        batch, before = read.batch, self._files[read.path]
        problems = (*batch.problems, *(item.error or "" for item in damaged))
        file = before.advanced(batch.next_offset, batch.records, len(kept), skipped, problems)
        loaded = steps.commit_captures(self._current.connection, steps.opaque(kept), file)
        self._files[read.path] = file
        self._current.count(len(kept), loaded)
        self._done.records += batch.records
        for reason, number in skipped.items():
            self._done.skipped[reason] = self._done.skipped.get(reason, 0) + number
        for problem in problems:
            self._problem(problem)
        reporter().advance("bytes of WARC", file.next_offset - before.next_offset)
        if file.is_done:
            self._done.files_done += 1
            reporter().say(f"{read.path.name}: {file.records} records, {file.pages} pages stored")

    def _wanted(self, derived: list[Derived], skipped: Counter[str]) -> list[Derived]:
        """Without other languages, and without what a batch that was committed meanwhile holds in a later capture."""
        pages = [item.page for item in derived]
        new = {page.page_id for page in backfill.new_captures(self._current.connection, pages)}
        kept = []
        for item in derived:
            if item.page.page_id not in new:
                skipped["already_stored"] += 1
            elif item.article and not self._choice.wants_language(item.article.language):
                skipped["other_language"] += 1
            elif not item.article and self._choice.languages:  # what is no article has no language
                skipped[str(item.outcome)] += 1
            else:
                kept.append(item)
        return kept

    def _give_up(self, problem: str) -> None:
        """A file cannot be read, or no further; the others are."""
        self._done.files_broken += 1
        self._problem(problem)

    def _problem(self, line: str) -> None:
        self._done.problems.append(line)
        reporter().say(line)
