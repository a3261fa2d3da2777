"""A small news site of our own making whose six articles share what sites share, for tests of learning it."""

from __future__ import annotations

from tests.derive.pages import html, paragraphs

NEWSLETTER = (
    "Sign up to our newsletter: every Friday the Courier sends its readers the best reporting of the week from the "
    "courts, the councils and the schools of the county, together with a letter from the editor and a recipe."
)
AUTHOR_BOX = (
    "The author of this piece, Mara Linden, has covered the county for eleven years. Before that she taught history at "
    "the evening school in Ostrava Road and kept bees."
)
LAW = (
    "Section 14 of the Public Spaces Act reads: no authority shall close a path that has been walked for twenty years "
    "without hearing those who walk it."
)
AUTHOR = "Mara Linden"

TEXTS: dict[str, tuple[str, ...]] = {
    "Ferry to the north shore returns after nine years": (
        "The ferry that once carried farmers and their carts across the estuary sailed again on Saturday morning, with "
        "forty passengers, two dogs and a brass band on its lower deck.",
        "The crossing takes twenty minutes and costs three crowns. The mayor, who paid for the first ticket himself, "
        "said that the subsidy was secured for two summers at least.",
        "Skippers from the harbour had restored the engine without pay during the winter evenings.",
    ),
    "School kitchens in Harrow drop palm oil": (
        "All nineteen school kitchens of Harrow will cook without palm oil from September on, the catering board said "
        "on Monday after a trial at two primary schools.",
        "Cooks reported that dumplings and pancakes came out as before. Rapeseed oil from the valley costs a little "
        "more, which the board wants to save on deliveries.",
        "Pupils had collected eight hundred signatures for the change.",
    ),
    "Old mill path stays open, court rules": (
        "Walkers may go on using the path behind the old mill. The district court turned down the owner's request for "
        "a fence on Wednesday, after a hearing of barely an hour.",
        "Judge Corvin found that the path had been in use since before the war, and that the owner had known it when "
        "he bought the house and its three orchards.",
        "The owner's lawyer said that he would read the ruling before deciding on an appeal.",
    ),
    "Council wants to close the quarry stairs": (
        "The two hundred steps down into the quarry are to be closed for walkers in the coming months, because the "
        "council's surveyor counted sixty loose stones on one visit.",
        "Climbers and the swimming club object. They say that a closed staircase will be climbed all the same, only "
        "without the handrail that was put up in spring.",
        "A decision is expected when the council meets in the gymnasium on the ninth.",
    ),
    "Beekeepers count their dead after the cold April": (
        "One colony in three has not outlived the cold weeks of April, a survey among two hundred beekeepers of the "
        "region shows. In the hills the losses are even higher.",
        "Plum and cherry had blossomed early, and the bees flew out into the frost. The association advises feeding "
        "syrup and hopes for the lime trees in June.",
        "Honey is likely to cost a crown more this year.",
    ),
    "Night trains stop at Velden again": (
        "From December on the night train to the coast stops at Velden at a quarter past one, for the first time since "
        "the timetable of 1998 left the town out.",
        "The railway tried the stop in autumn with a few charter trains. Each time more than thirty people got on, "
        "most of them students with large rucksacks.",
        "The waiting room will be heated, and a kiosk has applied for the lease.",
    ),
}
"""Title to paragraphs."""
TITLES = tuple(TEXTS)


def own_text(number: int) -> list[str]:
    """The paragraphs that are the article's own: two of them quote the same law."""
    texts = list(TEXTS[TITLES[number]])
    if number in (2, 3):
        texts.insert(2, LAW)
    return texts


def article(number: int, *, newsletter: str = NEWSLETTER, extra: str = "") -> str:
    """The page of an article: the newsletter call inside its text, and on four of six the author's box at its foot."""
    first, *rest = own_text(number)
    texts = [first, newsletter, *rest, *([extra] if extra else []), *([AUTHOR_BOX] if number < 4 else [])]
    title = TITLES[number]
    head = f"<meta property='article:published_time' content='2026-03-{11 + number}T09:00:00Z'>"
    head += f"<meta name='author' content='{AUTHOR}'>"
    return html(f"<main><article><h1>{title}</h1>{paragraphs(texts)}</article></main>", head, title=title)
