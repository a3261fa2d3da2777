"""Counters, reading times, comment forms and calls: what goes from the first page of a site on, and what stays."""

from __future__ import annotations

import pytest

from tasks.derive.boilerplate import strip_boilerplate
from tasks.derive.notices import is_notice
from tests.derive.pages import PROSE, TITLE, article_page, derived

NOTICES = {
    "counters": [
        "17 people have read this",
        "1,204 views",
        "3.2K shares",
        "3 comments",
        "17 personas han leído esto",
        "3 comentarios",
        "212 visualizações",
        "Lu 17 fois",
        "1 204 vues",
        "17 mal gelesen",
        "3 Kommentare",
        "12 commenti",
        "3 comments • 17 shares",
    ],
    "times": [
        "5 min read",
        "Reading time: 5 minutes",
        "5 minutos de lectura",
        "Tiempo de lectura: 5 minutos",
        "Tempo de leitura: 4 min",
        "Temps de lecture : 5 min",
        "Lesezeit: 3 Minuten",
        "3 Min. Lesezeit",
        "Tempo di lettura: 4 minuti",
        "Updated 3 hours ago",
        "Updated: 2 months ago",
        "3 hours ago",
        "an hour ago",
        "Hace 3 horas",
        "Actualizado hace 2 días",
        "Atualizado há 3 horas",
        "Il y a 3 heures",
        "Mis à jour il y a 20 minutes",
        "Vor 3 Stunden",
        "Aktualisiert vor 5 Minuten",
        "3 ore fa",
        "Aggiornato 2 giorni fa",
        "Updated 3 hours ago · 5 min read · 17 comments",
    ],
    "comment forms": [
        "Your email address will not be published. Required fields are marked *",
        "Your email address will not be published. Required fields are marked * Comment * Name * Email * Website",
        "Leave a Reply Cancel reply",
        "Save my name, email, and website in this browser for the next time I comment.",
        "This site uses Akismet to reduce spam. Learn how your comment data is processed.",
        "You must be logged in to post a comment.",
        "Tu dirección de correo electrónico no será publicada. Los campos obligatorios están marcados con *",
        "Guarda mi nombre, correo electrónico y web en este navegador para la próxima vez que comente.",
        "O seu endereço de e-mail não será publicado. Campos obrigatórios são marcados com *",
        "Salvar meus dados neste navegador para a próxima vez que eu comentar.",
        "Votre adresse e-mail ne sera pas publiée. Les champs obligatoires sont indiqués avec *",
        "Enregistrer mon nom, mon e-mail et mon site dans le navigateur pour mon prochain commentaire.",
        "Deine E-Mail-Adresse wird nicht veröffentlicht. Erforderliche Felder sind mit * markiert",
        "Schreibe einen Kommentar Antworten abbrechen",
        "Il tuo indirizzo email non sarà pubblicato. I campi obbligatori sono contrassegnati *",
        "Salva il mio nome, email e sito web in questo browser per la prossima volta che commento.",
    ],
    "calls": [
        "Click here to subscribe",
        "Click here to subscribe to our free newsletter.",
        "Subscribe to our newsletter",
        "Donate now",
        "Donate now to support independent journalism.",
        "Loading...",
        "Haz clic aquí para suscribirte",
        "Suscríbete a nuestro boletín",
        "Cargando…",
        "Clique aqui para assinar",
        "Doe agora!",
        "Abonnez-vous à notre newsletter",
        "Cliquez ici pour vous abonner",
        "Faire un don",
        "Jetzt Newsletter abonnieren",
        "Jetzt spenden!",
        "Clicca qui per iscriverti",
        "Dona ora",
    ],
}


@pytest.mark.parametrize("line", [line for lines in NOTICES.values() for line in lines])
def test_a_paragraph_of_notices_is_dropped(line: str) -> None:
    assert is_notice(line)


PROSE_ABOUT_THEM = [
    "Your email address will not be published, the ministry told the witnesses, and nor will your name.",
    "Readers were asked to leave a reply at the gate.",
    "Visitors are told: “Click here to subscribe.” Few do.",
    "Donate now, said the poster in the visitors' room.",
    "Donate now to help the families of the detainees.",
    "Three hours ago the wing was still closed.",
    "3 hours ago the wing was still closed.",
    "20 years ago",
    "Hace 20 años",
    "Vor 30 Jahren",
    "Updated rules come into force in May.",
    "17 people have read this report in the archive since 1990.",
    "17 people were moved.",
    "The visit took 5 min.",
    "Loading the vans took two hours.",
    "45 votes",
    "3 hours ago " * 18 + "they began",
    "No comment.",
    "“Sin comentarios”",
    "Name",
    "Hace tres horas los familiares seguían en la puerta.",
    "Il y a trois heures, la porte était encore fermée.",
    "Vor drei Stunden war das Tor noch zu.",
    "Required fields are marked in red on the form that families must fill in.",
]


@pytest.mark.parametrize("line", PROSE_ABOUT_THEM)
def test_prose_that_mentions_them_stays(line: str) -> None:
    assert not is_notice(line)
    assert strip_boilerplate([*PROSE, line, *PROSE], TITLE)[0] == [*PROSE, line, *PROSE]


def test_a_counter_that_moves_on_changes_no_text() -> None:
    def page(readers: int, hours: int) -> str:
        return article_page(
            before=f"<p>Updated {hours} hours ago</p><p>5 min read</p>",
            after=f"<p>{readers} people have read this</p><p>{readers} comments</p>",
        )

    first, later = derived(page(17, 3)), derived(page(45, 7))
    assert first.text == later.text == "\n\n".join(PROSE)
    assert first.content_hash == later.content_hash
