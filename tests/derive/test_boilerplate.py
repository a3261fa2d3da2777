"""What is dropped around a text, what must stay, and whom an aggregator credits."""

from __future__ import annotations

import re

import pytest

from tasks.derive.boilerplate import is_boilerplate_line, strip_boilerplate
from tasks.derive.credits import credited_host
from tests.derive.pages import PROSE, TITLE, article_page, derived

DROPPED = [
    "Post Comment",
    "Leave a Reply",
    "12 Comments",
    "Share this article",
    "Share on Facebook",
    "Advertisement",
    "ANZEIGE",
    "Related: The year in prisons",
    "[Related: The year in prisons]",
    "Read more: what the law says",
    "Copyright 2026 Post",
    "Compartir en WhatsApp",
    "Lea también: la cárcel que cerró",
    "Publicidad",
    "Leia também: a prisão vazia",
    "Comentários",
    "À lire aussi : la prison fermée",
    "Partager sur Facebook",
    "Lesen Sie auch: Das leere Gefängnis",
    "Newsletter",
    "Les også: Fengselet som ble stengt",
    "Czytaj też: Puste więzienie",
    "Leggi anche: il carcere chiuso",
]
KEPT = [
    "Share prices fell by a tenth on Monday.",
    "Tagsüber blieb es ruhig.",
    "Copyright law is to be changed next year.",
    "Save the Children sent forty people.",
    "Reading is allowed until ten.",
    "Twitter was down for an hour on Monday.",
    "Source material was kept for ten years.",
    "Via Appia was closed to traffic.",
    "Le commentaire du directeur suivit.",
    "Saved by the bell: how the prison choir came about",
    "Comparte el poder con dos aliados.",
    "Sign up for the army or go to prison, he was told.",
    "Read: the man who lost his house says he would do it again.",
    "“Please wait.”",
]


@pytest.mark.parametrize("line", DROPPED)
def test_one_liners_are_dropped(line: str) -> None:
    assert is_boilerplate_line(line)


@pytest.mark.parametrize("line", KEPT)
def test_prose_is_kept(line: str) -> None:
    assert not is_boilerplate_line(line)
    assert strip_boilerplate([*PROSE, line, *PROSE], TITLE)[0] == [*PROSE, line, *PROSE]


LAST_SENTENCES = [
    "Espera-se que o presidente assine o decreto na próxima semana.",
    "Los ministros piden que el Congreso suscriba el acuerdo antes de mayo.",
    "Gli abbonati al servizio idrico pagheranno il doppio da gennaio.",
    "Contact with the ferry was lost at nine, said her brother and a friend.",
    "Watch the harbour for an hour and you will see that no ship docks here any more.",
    "This story was updated with the minister's reply: he denies all of it.",
    "Copyright law is to be changed next year.",
    "“Sign up for the newsletter,” she said.",
]
LAST_NOTES = [
    "This story was updated on 3 March 2026.",
    "Sign up for our newsletter here.",
    "Suscríbete a nuestro boletín.",
    "Abbonati al giornale per leggere tutto.",
    "Assine a newsletter e receba tudo.",
    "Contact the reporter at ana@post.example.",
    "Copyright 2026 Marlow Post. All rights reserved.",
]


@pytest.mark.parametrize("line", LAST_SENTENCES)
def test_a_last_sentence_that_is_the_articles_stays(line: str) -> None:
    assert strip_boilerplate([*PROSE, line], TITLE)[0] == [*PROSE, line]


@pytest.mark.parametrize("line", LAST_NOTES)
def test_a_last_note_to_the_reader_goes(line: str) -> None:
    assert strip_boilerplate([*PROSE, line], TITLE)[0] == list(PROSE)


CREDITS = [
    ("Original Source: lufkin-herald.example", "lufkin-herald.example"),
    ("This article first appeared in The Herald (www.herald.example).", "herald.example"),
    ("This story was originally published by herald.example", "herald.example"),
    ("Originally published at https://herald.example/news/1.", "herald.example"),
    ("Read the full story at herald.co.example", "herald.co.example"),
    ("via herald.example", "herald.example"),
    ("Publicado originalmente en www.heraldo.example", "heraldo.example"),
    ("Fuente: heraldo.example", "heraldo.example"),
    ("Publicado originalmente no heraldo.example.", "heraldo.example"),
    ("Publicado originalmente em Diário de S.Pedro (heraldo.example)", "heraldo.example"),
    ("Cet article a été publié à l'origine sur lavigie.example", "lavigie.example"),
    ("Fonte: agencia.heraldo.example", "agencia.heraldo.example"),
    ("Cet article a été initialement publié sur heraut.example", "heraut.example"),
    ("Dieser Artikel erschien zuerst bei herold.example", "herold.example"),
    ("Quelle: herold.example", "herold.example"),
    ("Pubblicato originariamente su araldo.example", "araldo.example"),
    ("Vía: heraldo.example", "heraldo.example"),
    ("Vía heraldo.example", "heraldo.example"),
    ("Lea el artículo original en heraldo.example", "heraldo.example"),
    ("Este artigo foi originalmente publicado em arauto.example", "arauto.example"),
    ("Cet article a été publié pour la première fois sur heraut.example", "heraut.example"),
    ("Dieser Artikel ist zuerst bei herold.example erschienen.", "herold.example"),
    ("Der Beitrag wurde zuerst auf www.herold.example veröffentlicht.", "herold.example"),
    ("Erstmals erschienen bei herold.example", "herold.example"),
    ("Articolo pubblicato in origine su araldo.example", "araldo.example"),
    ("Source link: https://www.herald.example/news/1", "herald.example"),
    ("Republished from herald.example under a Creative Commons license.", "herald.example"),
    ("Republished from herald.example under a CC BY-ND 4.0 licence. Read the original article.", "herald.example"),
    ("Vía libre a la reforma", None),
    ("Vía Láctea", None),
    ("Republished from herald.example under protest, the report names three guards.", None),
    ("Dieser Artikel ist zuerst bei herold.example erschienen, dann bei allen anderen.", None),
    ("Source link: the ministry's own figures", None),
    ("Source: the ministry's own figures", None),
    ("The source of the fire was found near example.com, police said.", None),
    ("Via Roma is closed.", None),
    ("Source: The ministry (twitter.com)", None),
]


@pytest.mark.parametrize(("line", "host"), CREDITS)
def test_a_credit_names_the_origin(line: str, host: str | None) -> None:
    assert credited_host(line) == host


def test_a_credit_becomes_the_original_source_and_leaves_the_text() -> None:
    article = derived(article_page(after="<p>Original Source: lufkin-herald.example</p>"))
    assert (article.original_source, article.text) == ("lufkin-herald.example", "\n\n".join(PROSE))


HERALD = "<a href='https://www.herald.example/n/9'>The Lufkin Herald</a>"
LINKED = {
    "a paragraph": f"<p><em>This article was originally published by {HERALD}.</em></p>",
    "no paragraph": f"<p></p>This article first appeared in {HERALD}.",
    "after a line break": f"<p>Ana Ferreira is a reporter.<br><br>This article first appeared in {HERALD}.</p>",
    "a div": f"<div class='src'>This article first appeared in {HERALD}.</div>",
    "divs in a div": f"<div><div><span>Originally published by</span></div><div>{HERALD}</div></div>",
    "two paragraphs": f"<p>Originally published in</p><p>{HERALD}</p>",
    "the article's footer": f"<footer>This story was originally published by {HERALD}</footer>",
    "a longer one": f"<p>This article first appeared in the 12 March edition of {HERALD} and is republished here.</p>",
    "WordPress": "<p>The post <a href='https://herald.example/n/9'>Cells</a> appeared first on "
    "<a href='https://herald.example'>The Lufkin Herald</a>.</p>",
    "es": f"<p>Este artículo fue publicado originalmente en {HERALD}.</p>",
    "es, WordPress": f"<p>La entrada Celdas se publicó primero en {HERALD}.</p>",
    "pt": f"<div>Publicado originalmente em {HERALD}.</div>",
    "pt, WordPress": f"<p>O post Celas apareceu primeiro em {HERALD}.</p>",
    "fr": f"<div>Cet article a été publié à l’origine sur {HERALD}.</div>",
    "fr, WordPress": f"<p>L’article Cellules est apparu en premier sur {HERALD}.</p>",
    "de": f"<div>Dieser Artikel erschien zuerst bei {HERALD}.</div>",
    "de, WordPress": f"<p>Der Beitrag Zellen erschien zuerst auf {HERALD}.</p>",
    "it": f"<div>Questo articolo è stato pubblicato originariamente su {HERALD}.</div>",
    "a second sentence": f"<p>This article was originally published on {HERALD}. Read the "
    "<a href='https://www.herald.example/n/9'>original article</a>.</p>",
    "a version": f"<p>The original version of this story ran in {HERALD}.</p>",
    "a licence": f"<p>This article is republished from {HERALD} under a Creative Commons license. Read the "
    "<a href='https://www.herald.example/n/9'>original article</a>.</p>",
    "es, a second sentence": f"<p>Este artículo fue publicado originalmente en {HERALD}. Lea el "
    "<a href='https://www.herald.example/n/9'>original</a>.</p>",
    "es, the original": f"<p>Lea el artículo original en {HERALD}.</p>",
    "pt, the verb last": f"<p>Este artigo foi originalmente publicado em {HERALD}.</p>",
    "fr, the first time": f"<p>Cet article a été publié pour la première fois sur {HERALD}.</p>",
    "fr, appeared": f"<p>Cet article est paru initialement sur {HERALD}.</p>",
    "fr, a licence": f"<p>Cet article est republié à partir de {HERALD} sous licence Creative Commons. Lire "
    "l’<a href='https://www.herald.example/n/9'>article original</a>.</p>",
    "de, the verb last": f"<p>Dieser Artikel ist zuerst bei {HERALD} erschienen.</p>",
    "de, published": f"<p>Der Text wurde zuerst auf {HERALD} veröffentlicht.</p>",
    "de, a second sentence": f"<p>Der Beitrag ist zuerst bei {HERALD} erschienen. Lesen Sie den Originalartikel.</p>",
    "de, for the first time": f"<p>Erstmals erschienen bei {HERALD}.</p>",
    "it, appeared": f"<p>L’articolo è apparso originariamente su {HERALD}.</p>",
    "it, in the beginning": f"<p>Articolo pubblicato in origine su {HERALD}.</p>",
    "read more": f"<p>Read more at {HERALD}</p>",
    "read the full story": f"<p>Read the full story at {HERALD}.</p>",
    "two links": f"<p>This article first appeared in <a href='https://x.com/herald'>@herald</a> and {HERALD}.</p>",
    "a link at home": f"<p>Originally published in <a href='/us'>our</a> and {HERALD}.</p>",
    "a list of one": f"<p>Originally published by</p><ul><li>{HERALD}</li></ul>",
    "it, WordPress": f"<p>L’articolo Celle proviene da {HERALD}.</p>",
}


@pytest.mark.parametrize("credit", LINKED.values(), ids=LINKED.keys())
def test_a_credit_in_words_is_followed_to_its_link(credit: str) -> None:
    article = derived(article_page(after=credit))
    assert article.original_source == "herald.example"
    assert article.text.startswith("\n\n".join(PROSE))
    assert not re.search("herald|first|primero|origin|zuerst", article.text[len("\n\n".join(PROSE)) :], re.IGNORECASE)


NAMED_ONLY = [
    "This article first appeared in The Example Times.",
    "Este artículo fue publicado originalmente en El Ejemplo.",
    "Este artigo foi publicado originalmente no Exemplo.",
    "Cet article a été initialement publié dans L'Exemple.",
    "Dieser Artikel erschien zuerst in der Beispielzeitung.",
    "Questo articolo è stato pubblicato originariamente su L'Esempio.",
]


@pytest.mark.parametrize("credit", NAMED_ONLY)
def test_a_credit_without_an_address_stays_in_the_text(credit: str) -> None:
    article = derived(article_page(after=f"<p>{credit}</p>"))
    assert article.original_source is None
    assert article.text == "\n\n".join([*PROSE, credit])


NO_CREDITS = {
    "prose": f"<p>The rules, which were first published in {HERALD}, have been in force since 1990 and bind all.</p>",
    "a sentence that goes on": f"<p>First published in {HERALD}, the study found that every cell held three.</p>",
    "German prose": f"<p>Der Text ist zuerst bei {HERALD} erschienen, dann wurde er verboten und vergessen.</p>",
    "French prose": f"<p>Cet article a été publié pour la première fois sur {HERALD}, puis retiré par la ville.</p>",
    "a version of prose": f"<p>A version of this story appeared in {HERALD}, which the mayor denies to this day.</p>",
    "read more within the text": f"<p>Read more at {HERALD}</p><p>{PROSE[0]}</p>",
    "read more on a subject": "<p>Read more at <a href='https://www.herald.example/n/9'>the foot of this page</a></p>",
    "the site itself, read more": "<p>Read more at <a href='https://blog.marlow-post.example/'>The Blog</a></p>",
    "another story": f"<p>Read next: {HERALD}</p>",
    "a comment": f"<div class='comments'><p>This was originally published by {HERALD}.</p></div>",
    "a sidebar": f"<aside><p>Originally published by {HERALD}.</p></aside>",
    "an account": "<p>This article first appeared on <a href='https://twitter.com/herald'>@herald</a>.</p>",
    "a menu": f"<p>Originally published by</p><ul><li>{HERALD}</li><li>{HERALD}</li></ul>",
    "the site itself": "<p>Originally published by <a href='https://blog.marlow-post.example/'>our blog</a>.</p>",
}


@pytest.mark.parametrize("other", NO_CREDITS.values(), ids=NO_CREDITS.keys())
def test_what_is_no_credit_names_no_origin(other: str) -> None:
    assert derived(article_page(after=other)).original_source is None


META = {
    "<meta name='syndication-source' content='https://www.herald.example/n/9'>": "herald.example",
    "<meta name='original-source' content='https://www.herald.example/n/9'>": "herald.example",
    "<meta name='syndication-source' content='https://www.marlow-post.example/cells'>": None,
    "<meta name='original-source' content='The Herald'>": None,
    "<meta name='original-source' content='https://[herald'>": None,
}


@pytest.mark.parametrize(("meta", "host"), META.items())
def test_a_declared_origin_counts_where_no_credit_is(meta: str, host: str | None) -> None:
    assert derived(article_page(meta)).original_source == host
    credited = derived(article_page(meta, after="<p>Original Source: gazette.example</p>"))
    assert credited.original_source == "gazette.example"


def test_a_site_that_credits_itself_has_no_original_source() -> None:
    article = derived(article_page(after="<p>Originally published at www.marlow-post.example</p>"))
    assert article.original_source is None


def test_what_wordpress_puts_under_a_sites_own_posts_goes() -> None:
    home = "https://www.marlow-post.example"
    line = f"<p>The post <a href='{home}/c'>Cells</a> appeared first on <a href='{home}'>Marlow Post</a>.</p>"
    article = derived(article_page(after=line))
    assert (article.original_source, article.text) == (None, "\n\n".join(PROSE))


def test_what_stands_above_and_below_the_text_goes() -> None:
    lines = [
        "Prisons",
        TITLE,
        "By Ana Ferreira",
        "17 March 2026",
        *PROSE,
        "Ana Ferreira covers prisons for the Marlow Post.",
        "Follow us on Twitter @marlowpost",
        "Prisons",
    ]
    assert strip_boilerplate(lines, TITLE, ("Ana Ferreira",)) == (list(PROSE), None)


def test_a_sentence_with_the_words_of_a_credit_stays() -> None:
    sentence = "The report was first published by the justice ministry on Tuesday, officials said."
    link = "<a href='https://ministry.example/r'>the justice ministry</a>"
    article = derived(article_page(after=f"<p>{sentence}</p><p>This article was originally published by {link}.</p>"))
    assert (article.original_source, article.text) == ("ministry.example", "\n\n".join([*PROSE, sentence]))


def test_the_source_of_a_chart_within_the_text_is_not_the_articles() -> None:
    source = "Source: Office for National Statistics (statistics.example)"
    lines = [*PROSE, source, *PROSE, *PROSE]
    assert strip_boilerplate(lines, TITLE) == (lines, None)
    assert strip_boilerplate([*PROSE, *PROSE, source], TITLE)[1] == "statistics.example"
