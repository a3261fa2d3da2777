"""`article_places`: the countries that articles are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tasks.model import Derived, Place
from tasks.store.rows import columns_of, reading, to_json
from tasks.store.state import Connection

_PLACE = {"country": "VARCHAR", "mentions": "INTEGER", "in_title": "BOOLEAN"}
_OF_PAGE = reading({"page_id": "VARCHAR", **_PLACE})
_OF_ARTICLE = reading({"article_id": "VARCHAR", **_PLACE})


def replace_places(connection: Connection, derived: Sequence[Derived]) -> None:
    """Put the places of the articles in the temporary table `chosen` in place of those that they had."""
    rows = [{"page_id": item.page.page_id, **columns_of(place)} for item in derived for place in item.places]
    connection.execute("DELETE FROM article_places WHERE article_id IN (SELECT article_id FROM chosen WHERE owner)")
    connection.execute(
        f"""INSERT INTO article_places BY NAME
            SELECT c.article_id, p.* EXCLUDE (page_id) FROM ({_OF_PAGE}) AS p JOIN chosen AS c USING (page_id)
            ORDER BY ALL""",
        {"rows": to_json(rows)},
    )


def begin_gathering(connection: Connection) -> None:
    """Prepare to gather places of stored articles."""
    connection.execute("CREATE OR REPLACE TEMP TABLE places_again AS FROM article_places LIMIT 0")


def gather(connection: Connection, found: Mapping[str, Sequence[Place]]) -> None:
    """Keep the places of these articles, by their ids, until the exchange."""
    rows: Iterable[dict[str, object]] = (
        {"article_id": article_id, **columns_of(place)} for article_id, places in found.items() for place in places
    )
    connection.execute(f"INSERT INTO places_again BY NAME {_OF_ARTICLE}", {"rows": to_json(rows)})


def exchange(connection: Connection) -> None:
    """Put what was gathered in place of what the articles in the temporary table `found_again` had."""
    connection.execute("DELETE FROM article_places WHERE article_id IN (FROM found_again)")
    connection.execute("INSERT INTO article_places BY NAME FROM places_again ORDER BY ALL")
    connection.execute("DROP TABLE places_again")
