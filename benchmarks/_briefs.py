"""Short reports made by templates, in several languages: each filling is news of its own, and each has copies."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

PLACES = (
    "Ellery", "Marram", "Oxhaven", "Tolby", "Quern", "Dunmere", "Sallow", "Brackwater", "Firle", "Wexby", "Aldermoor",
    "Carrizo", "Tamarack", "Lindgren", "Arvain", "Belmonte", "Castanho", "Orvieda", "Perravia", "Steinfurt",
)  # fmt: skip
FIRST_NAMES = ("Anna", "Marta", "Ruth", "Ines", "Clara", "Oskar", "Pavel", "Tomas", "Henri", "Luis", "Dario", "Viktor")
SURNAMES = (
    "Holm", "Berg", "Alvarado", "Quintela", "Moreau", "Lacombe", "Ferri", "Bianchi", "Sokol", "Petrov", "Lindqvist",
    "Ashdown", "Merrow", "Castell", "Nogueira", "Brandt",
)  # fmt: skip
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì"),
    "ru": ("понедельник", "вторник", "среду", "четверг", "пятницу"),
}
_TEMPLATES = {
    "earthquake": (
        ("en", "{A}, {date} (Harbour News) - A magnitude {m} earthquake struck {i} km south of {B} at {time} on "
         "{day}, the National Seismological Centre said. The quake was at a depth of {j} km. There were no immediate "
         "reports of damage or casualties. A tsunami warning was not issued. The region lies on an active fault and "
         "is shaken several times a year. People in {C} said that they had felt the tremor for several seconds."),
        ("es", "{A}, {date} (Agencia Puerto) - Un sismo de magnitud {m} se registró a las {time} del {day} a {i} "
         "kilómetros al sur de {B}, informó el Instituto Geofísico. El epicentro se ubicó a una profundidad de {j} "
         "kilómetros. Hasta el momento no se reportan daños ni víctimas. El movimiento se sintió con fuerza en {C} y "
         "en {D}, donde muchas personas salieron a las calles. Las autoridades descartaron una alerta de tsunami "
         "para la costa."),
        ("ru", "{A}, {date}. Землетрясение магнитудой {m} произошло в {day} в {time} в {i} километрах к югу от "
         "города {B}, сообщила сейсмологическая служба. Очаг находился на глубине {j} километров. О пострадавших и "
         "разрушениях сведений не поступало. Подземные толчки ощущались в населённых пунктах {C} и {D}. Угроза "
         "цунами не объявлялась."),
    ),
    "court roll": (
        ("en", "{A} magistrates, {day}. {P}, {i}, of {B} Road, was fined {j} pounds for driving without insurance "
         "and given six points. {Q}, {k}, of {C} Street, admitted stealing goods worth {l} pounds from a shop and "
         "must do unpaid work. {R}, {m2}, of {D} Lane, denied assault and will be tried in {E}. The court also "
         "ordered each of them to pay costs."),
        ("fr", "Tribunal de {A}, audience du {date}. {P}, {i} ans, domicilié à {B}, a été condamné à {j} jours de "
         "prison avec sursis pour conduite sans permis. {Q}, {k} ans, de {C}, devra payer une amende de {l} euros "
         "pour vol à l'étalage. {R}, {m2} ans, de {D}, a été relaxé des faits de violence qui lui étaient reprochés. "
         "Les parties civiles ont dix jours pour faire appel de ces décisions."),
        ("it", "Il tribunale di {A} ha deciso oggi su tre casi. {P}, {i} anni, di {B}, è stato condannato a {j} "
         "giorni per guida senza patente. {Q}, {k} anni, residente a {C}, dovrà pagare una multa di {l} euro per "
         "furto. {R}, {m2} anni, di {D}, è stato assolto dall'accusa di lesioni. Le parti hanno trenta giorni per "
         "presentare ricorso contro le sentenze."),
    ),
    "market close": (
        ("en", "Shares on the {A} exchange closed {m} per cent higher on {day}. The main index ended at {n} points. "
         "{B} Steel led the gains with {m3} per cent, followed by {C} Foods; {D} Bank lost {m4} per cent. Turnover "
         "came to {i} million. Traders spoke of a quiet session with few orders from abroad and waited for the "
         "figures on inflation."),
        ("de", "Die Börse in {A} hat am {day} {m} Prozent höher geschlossen. Der Leitindex endete bei {n} Punkten. "
         "Größter Gewinner waren Papiere von {B} mit einem Plus von {m3} Prozent, dahinter folgten {C} und {D}. "
         "Schlusslicht war {E} mit minus {m4} Prozent. Der Umsatz betrug {i} Millionen. Händler sprachen von einem "
         "ruhigen Geschäft vor den Zahlen zur Inflation."),
        ("es", "La bolsa de {A} cerró el {day} con un alza de {m} por ciento. Su índice principal quedó en {n} "
         "puntos. Lideraron las ganancias {B}, con {m3} por ciento, y {C}; en el otro extremo, {D} perdió {m4} por "
         "ciento. Se negociaron títulos por {i} millones. Los operadores hablaron de una jornada tranquila a la "
         "espera del dato de inflación."),
    ),
    "weather": (
        ("en", "The forecast for {A}: rain in the morning with wind from the west, brighter later. Temperatures "
         "reach {i} degrees in {B} and {j} degrees in {C}. At night it cools to {k} degrees, and fog may form along "
         "the coast near {D}. The outlook for {day} is dry with sunny spells and a light breeze. The sun sets at "
         "{time}."),
        ("pt", "Previsão do tempo para {A}: chuva pela manhã com vento de oeste e melhora à tarde. A temperatura "
         "chega a {i} graus em {B} e a {j} graus em {C}. À noite a mínima será de {k} graus, com possibilidade de "
         "neblina perto de {D}. Para {day} a previsão é de tempo seco com sol entre nuvens. O sol se põe às {time}."),
    ),
    "obituary": (
        ("en", "{P} of {A}, formerly of {B}, died peacefully at home on {date}, aged {i}. A service will be held at "
         "the church in {C} on {day} at {time}, followed by a burial in {D}. Survived by {Q} and {R}. The family "
         "asks for donations to the hospice instead of flowers and thanks the nurses for their care in the past "
         "weeks."),
        ("de", "{P} aus {A}, früher {B}, ist am {date} im Alter von {i} Jahren friedlich eingeschlafen. Der "
         "Trauergottesdienst findet am {day} um {time} Uhr in der Kirche von {C} statt, anschließend ist die "
         "Beisetzung in {D}. In Liebe nehmen Abschied {Q} und {R}. Statt Blumen bittet die Familie um eine Spende "
         "für das Hospiz."),
        ("fr", "La famille a la tristesse d'annoncer le décès de {P}, de {A}, survenu le {date} à l'âge de {i} ans. "
         "La cérémonie aura lieu {day} à {time} en l'église de {B}, suivie de l'inhumation au cimetière de {C}. De "
         "la part de {Q}, de {R} et de toute la famille, qui remercie le personnel soignant de {D} pour son "
         "dévouement."),
    ),
}  # fmt: skip
KINDS = tuple(_TEMPLATES)


def fillings(kind: str, chance: random.Random) -> tuple[str, str, str]:
    """(language, one filling, another filling) of one template of this kind."""
    language, template = chance.choice(_TEMPLATES[kind])
    return language, template.format(**_values(language, chance)), template.format(**_values(language, chance))


def copied(brief: str, chance: random.Random) -> str:
    """A copy: with a dateline of its own, and one word spelled wrong."""
    words = brief.split()
    place = chance.randrange(4, len(words))
    words[place] = words[place][:1] + words[place][2:] if len(words[place]) > 3 else words[place]
    return f"{chance.choice(PLACES).upper()}, {_day(chance):%d.%m.%Y} - {' '.join(words)}"


def _values(language: str, chance: random.Random) -> Mapping[str, object]:
    people = [f"{chance.choice(FIRST_NAMES)} {surname}" for surname in chance.sample(SURNAMES, 3)]
    numbers = chance.sample(range(2, 97), 5)
    decimals = [f"{chance.uniform(0.2, 7):.1f}" for _ in range(3)]
    time = f"{chance.randrange(24):02}:{chance.randrange(60):02}"
    return {
        **dict(zip("ABCDE", chance.sample(PLACES, 5), strict=True)),
        **dict(zip("PQR", people, strict=True)),
        **dict(zip(("i", "j", "k", "l", "m2"), numbers, strict=True)),
        **dict(zip(("m", "m3", "m4"), decimals, strict=True)),
        "n": chance.randrange(5_000, 16_000),
        "time": time,
        "day": chance.choice(_DAYS[language]),
        "date": f"{_day(chance):%d.%m.%Y}",
    }


def _day(chance: random.Random) -> date:
    return date(2026, 1, 1) + timedelta(days=chance.randrange(300))
