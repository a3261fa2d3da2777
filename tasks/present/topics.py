"""What the `topics` commands print: how a query fares, what a changed topic adds and drops, how good a topic is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasks.present.highlight import Quote, Segment

BANDS = 10


@dataclass(frozen=True, slots=True)
class TopicHit:
    """An article that a query matches, with the sentence that says most."""

    title: str
    site: str
    published_at: datetime
    url: str
    text_id: str
    story_id: str
    score: float
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Moved:
    """An article that a changed topic adds (`score` is the new one) or drops (the stored one)."""

    title: str
    site: str
    published_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What a topic's definition would change: `versions` as text, and the articles, best first."""

    topic_id: str
    versions: str
    added: Sequence[Moved]
    dropped: Sequence[Moved]
    kept: int


def three_ways(hits: Sequence[TopicHit]) -> tuple[int, int, int]:
    """How many articles, unique texts and stories."""
    return len(hits), len({hit.text_id for hit in hits}), len({hit.story_id for hit in hits})


def print_trial(out: Console, hits: Sequence[TopicHit], articles: int, min_score: float, limit: int) -> None:
    """The trial of a query over so many stored articles."""
    matching = [hit for hit in hits if hit.score >= min_score]
    if not hits:
        _line(out, f"No article of {articles} matches.")
        return
    counts = "{} articles, {} unique texts, {} stories".format(*three_ways(matching))
    least = f" with a score of at least {min_score:g}" if min_score else ""
    _line(out, f"Of {articles} stored articles match{least}: {counts}.")
    out.print(_bands(hits))
    ranked = sorted(hits, key=lambda hit: (-hit.score, hit.published_at, hit.url))
    _list(out, "Best", [hit for hit in ranked if hit.score >= min_score][:limit])
    border = sorted(ranked[limit:], key=lambda hit: abs(hit.score - min_score))[:limit]
    title = f"Nearest to {min_score:g} (- below it)" if min_score else "Lowest scores"
    _list(out, title, sorted(border, key=lambda hit: -hit.score), min_score)


def _bands(hits: Sequence[TopicHit]) -> Table:
    table = Table()
    table.add_column("score")
    for name in ("articles", "unique texts", "stories", "articles from here up"):
        table.add_column(name, justify="right")
    bands: list[list[TopicHit]] = [[] for _ in range(BANDS)]
    for hit in hits:
        bands[min(int(hit.score * BANDS), BANDS - 1)].append(hit)
    above = 0
    for number in reversed(range(BANDS)):
        above += len(bands[number])
        counts = map(str, three_ways(bands[number]))
        table.add_row(f"{number / BANDS:.1f} to {(number + 1) / BANDS:.1f}", *counts, str(above))
        if above == len(hits):
            break
    return table


def _list(out: Console, title: str, hits: Sequence[TopicHit], min_score: float = 0.0) -> None:
    if hits:
        out.print(Text(f"\n{title}", "bold"))
    for hit in hits:
        mark = "-" if hit.score < min_score else " "
        _line(out, f"{mark}{hit.score:.2f}  {hit.published_at:%Y-%m-%d}  {_one_line(hit.title)} ({hit.site})")
        if hit.quote:
            _indented(out, highlighted(hit.quote.segments))


def _indented(out: Console, text: Text) -> None:
    """Wrapped on a terminal; one line elsewhere."""
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, 7)))
    else:
        out.print(Text.assemble("       ", text), soft_wrap=True)


def highlighted(segments: Iterable[Segment]) -> Text:
    """Segments with the hits in bold, and where there is no bold as they are."""
    text = Text()
    for segment in segments:
        text.append(segment.text, "bold yellow" if segment.hit else "")
    return text


def print_difference(out: Console, difference: Difference, limit: int) -> None:
    """One topic of `topics diff`."""
    added, dropped = len(difference.added), len(difference.dropped)
    counts = f"{added} added, {dropped} dropped, {difference.kept} stay" if added or dropped else "no difference"
    out.print(Text.assemble((difference.topic_id, "bold"), f"  {counts}{difference.versions}"), soft_wrap=True)
    for mark, moved in (("+", difference.added), ("-", difference.dropped)):
        for item in moved[:limit]:
            _line(
                out, f"  {mark} {item.score:.2f}  {item.published_at:%Y-%m-%d}  {_one_line(item.title)} ({item.site})"
            )
        if len(moved) > limit:
            _line(out, f"  {mark} and {len(moved) - limit} more")


def print_changes(
    out: Console, changes: Sequence[tuple[str, int, int, int]], articles: int, failed: Sequence[tuple[str, str]]
) -> None:
    """What a retag did: (topic, added, dropped, kept) for each topic, and (article, why) for what could not be done."""
    table = Table("topic")
    for name in ("added", "dropped", "kept"):
        table.add_column(name, justify="right")
    for topic_id, *counts in changes:
        table.add_row(topic_id, *map(str, counts))
    out.print(table)
    _line(out, f"{articles} articles looked at again.")
    if failed:
        _line(out, f"{len(failed)} keep the topics they had; the first: {failed[0][0]}: {failed[0][1]}")


def figures_table(rows: Iterable[tuple[str, Sequence[tuple[float | None, float, float]]]]) -> Table:
    """Precision and the two recalls, each as (value, low, high), for the query alone and with the model."""
    table = Table("", "precision", "recall, of texts with a word of the query", "recall, of all texts")
    for name, estimates in rows:
        table.add_row(name, *(_estimate(*estimate) for estimate in estimates))
    return table


def _estimate(value: float | None, low: float, high: float) -> str:
    return "no labels for it" if value is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _line(out: Console, text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())
