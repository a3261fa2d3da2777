"""Which countries an article is about: names, cities, people, what only looks like them, and how often is enough."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tasks.derive.gazetteer import OWN_LANGUAGES
from tasks.derive.places import find_places
from tasks.model import Place

_FILLER = "Nothing else was said about it during the long meeting. " * 12


@dataclass(frozen=True, slots=True)
class Case:
    """An article in a few words, and the countries that it is about."""

    language: str
    text: str
    countries: str = ""
    title: str = "A title"


def in_title(language: str, title: str, countries: str) -> Case:
    """A headline over a text that names no place."""
    return Case(language, _FILLER, countries, title)


CASES = [
    # Names of countries, official, short and old; longest first.
    Case("en", "Ecuador’s ministers met their colleagues from El Salvador.", "EC SV"),
    Case("en", "The prime minister of Papua New Guinea resigned.", "PG"),
    Case("en", "Soldiers took power in Guinea-Bissau.", "GW"),
    Case("en", "Equatorial Guinea held an election.", "GQ"),
    Case("en", "Guinea will hold a vote.", "GN"),
    Case("en", "Niger expelled the envoy.", "NE"),
    Case("en", "Nigeria expelled the envoy.", "NG"),
    Case("en", "South Korea and North Korea exchanged fire.", "KP KR"),
    Case("en", "Floods hit the Democratic Republic of the Congo.", "CD"),
    Case("en", "Floods hit the Republic of the Congo, and Brazzaville above all.", "CG"),
    Case("en", "Floods hit the DRC on Monday.", "CD"),
    Case("en", "Burma is called Myanmar by its generals.", "MM"),
    Case("en", "Türkiye raised its rates. Turkey said so on Monday.", "TR"),
    Case("en", "A strike in the Ivory Coast, or Côte d’Ivoire, went on.", "CI"),
    Case("en", "Bosnia and Herzegovina and North Macedonia signed.", "BA MK"),
    Case("en", "The U.K. and the U.S. signed. The UAE did not.", "AE GB US"),
    Case("en", "The islands of Trinidad and Tobago were spared.", "TT"),
    Case("en", "Gaza was shelled again.", "PS"),
    Case("en", "Scotland votes in May.", "GB"),
    Case("es", "La República Democrática del Congo y Costa de Marfil firmaron.", "CD CI"),
    Case("es", "EE.UU. y Holanda firmaron con Birmania.", "MM NL US"),
    Case("es", "EEUU ya firmó; los Emiratos no.", "AE US"),
    Case("es", "Un mexicano fue condenado en EU.", "MX US"),
    Case("es", "Corea del Norte lanzó un misil.", "KP"),
    Case("pt", "O Brasil e os EUA assinaram o acordo com a Holanda.", "BR NL US"),
    Case("pt", "A Guiné Equatorial e a Guiné-Bissau assinaram.", "GQ GW"),
    Case("pt", "Cabo Verde, São Tomé e Príncipe e Timor-Leste assinaram.", "CV ST TL"),
    Case("fr", "La Côte d’Ivoire et le Royaume-Uni ont signé.", "CI GB"),
    Case("fr", "La RDC accuse le Rwanda.", "CD RW"),
    Case("fr", "La Birmanie et la Corée du Sud ont signé.", "KR MM"),
    Case("it", "Gli Usa e la Gran Bretagna hanno firmato con i Paesi Bassi.", "GB NL US"),
    Case("it", "La Costa d’Avorio e il Ciad hanno firmato.", "CI TD"),
    Case("de", "Deutschland und Österreich haben unterschrieben.", "AT DE"),
    Case("ja", "エクアドルの閣僚が刑務所を訪れた。", "EC"),
    # People and adjectives: lower case where the language has it so.
    Case("en", "Ecuadorian officials met Salvadoran guards.", "EC SV"),
    Case("en", "A Frenchwoman and two Danes were held by the Dutch police.", "DK FR NL"),
    Case("es", "Los ecuatorianos visitaron la cárcel salvadoreña.", "EC SV"),
    Case("es", "El Gobierno español y la policía francesa detuvieron a dos marroquíes.", "ES FR MA"),
    Case("pt", "Os equatorianos visitaram a prisão salvadorenha e a polícia alemã.", "DE EC SV"),
    Case("pt", "A cabo-verdiana e os sul-africanos chegaram.", "CV ZA"),
    Case("fr", "Les autorités équatoriennes et la police salvadorienne se taisent.", "EC SV"),
    Case("fr", "Deux Français et une Néo-Zélandaise sont arrivés.", "FR NZ"),
    Case("it", "I ministri ecuadoriani e le guardie tedesche tacciono.", "DE EC"),
    Case("it", "Polacchi e svizzeri hanno protestato.", "CH PL"),
    # Cities: capitals and big ones, with their country named or not.
    Case("en", "Protesters marched in Quito on Monday.", "EC"),
    Case("en", "The court in Guayaquil, Ecuador, heard two of them.", "EC"),
    Case("es", "La corte de Tegucigalpa lo absolvió.", "HN"),
    Case("es", "Marcharon en Londres y en Nueva York.", "GB US"),
    Case("pt", "A polícia de São Paulo prendeu dois homens.", "BR"),
    Case("fr", "Le tribunal de Pékin les a condamnés.", "CN"),
    Case("it", "Il tribunale di Parigi li ha condannati.", "FR"),
    # Seats of government.
    Case("en", "The Kremlin answered the White House.", "RU US"),
    Case("es", "La Casa Rosada respondió a la Casa Blanca.", "AR US"),
    # A state of the USA, and places of another country's name in one.
    Case("en", "Police in New Mexico and Ohio found them.", "US"),
    Case("en", "A man from Lebanon, Ohio, was held.", "US"),
    Case("en", "A man from Cuba, Missouri, was held.", "US"),
    Case("en", "A man from Paris, Texas, was held.", "US"),
    Case("en", "A man from Rome, Ga., was held.", "US"),
    Case("es", "La policía de Nuevo México los encontró.", "US"),
    # States and provinces, in full, as the press and as the post shorten them.
    Case("en", "A man from London, Ontario, was held.", "CA"),
    Case("en", "LONDON, Ont. — A man was held.", "CA"),
    Case("en", "Police in Calgary, Alberta, and in Vancouver, B.C., agreed.", "CA"),
    Case("en", "The mayor of Paris, ON, spoke.", "CA"),
    Case("en", "He was born in Toronto, Ontario, Canada.", "CA"),
    Case("en", "PALESTINE, Texas (AP) — A man was held.", "US"),
    Case("en", "A man from Lebanon, Pa., was held.", "US"),
    Case("en", "A fire in Mexico, MO, killed two.", "US"),
    Case("en", "A fire in Newcastle, New South Wales, killed two.", "AU"),
    Case("en", "A fire in Newcastle, NSW, killed two.", "AU"),
    Case("en", "PROTESTS IN PARIS, IN ROME, OR IN BERLIN.", "DE FR IT"),
    # Who has named the state once means the same place later.
    Case("en", "A fire in Palestine, Texas, killed two. Palestine is calm. The mayor of Palestine spoke.", "US"),
    Case("en", "A fire in London, Ontario, killed two. London is calm.", "CA", title="Fire in London kills two"),
    Case("en", "Trucks wait in Mexico. Trade of Mexico, Texas and Ohio fell, and Mexico protested.", "MX US"),
    Case("en", "Born in Lebanon, Ohio, he left for Lebanon. The Lebanese and Beirut welcomed him.", "LB US"),
    # The same name for two places: the rest of the article decides.
    Case("en", "Voters in Georgia chose. Atlanta voted early.", "US"),
    Case("en", "Voters in Georgia chose. Tbilisi voted early.", "GE"),
    Case("en", "Georgia accused Russia of spying.", "GE RU"),
    Case("en", "King Abdullah of Jordan spoke. Amman was calm.", "JO"),
    Case("en", "A flood in Chad killed two near N’Djamena.", "TD"),
    Case("es", "En Santiago hubo marchas; el Gobierno chileno calló.", "CL"),
    Case("es", "En Santiago hubo marchas; el Gobierno dominicano calló.", "DO"),
    Case("es", "En San José hubo marchas; los costarricenses callaron.", "CR"),
    Case("es", "En Córdoba hubo marchas; los argentinos callaron.", "AR"),
    Case("es", "Llegaron a Granada desde Sevilla.", "ES"),
    Case("es", "Llegaron a Granada desde Managua.", "NI"),
    Case("es", "Viajan de Valencia a Caracas.", "VE"),
    Case("en", "The Korean leader spoke in Pyongyang.", "KP"),
    Case("en", "Congolese troops left Kinshasa.", "CD"),
    # What is no country.
    Case("en", "Michael Jordan won the game. Jordan smiled."),
    Case("en", "Chad Smith played the drums."),
    Case("en", "Paris Hilton wore a Panama hat and left with Paris Jackson."),
    Case("en", "They carved a turkey on fine china, and polish was on the table."),
    Case("en", "The history of Indochina is long; that of Latin America too."),
    Case("en", "The Washington Post and The New York Times reported it."),
    Case("en", "Guinea pigs are kept in cages."),
    Case("en", "Classes are held in French and Spanish-language papers say so."),
    Case("en", "It is time to let us go, and give us an answer."),
    Case("es", "María Guadalupe y Santiago cantaron en inglés."),
    Case("es", "América Latina es una región, y la china es una fruta.", "CN"),
    Case("es", "Lo dijo la Corte Interamericana en San Martín."),
    Case("es", "India votó. La india de ayer.", "IN"),
    Case("pt", "A América do Sul come peru no Natal."),
    Case("pt", "Adriana Lima e Paulo França falaram em inglês."),
    Case("fr", "La réunion a eu lieu ; Maurice parle en anglais."),
    Case("it", "Il giudice Russo e l’avvocata Greco hanno parlato in inglese."),
    Case("it", "Ha chiuso le persiane e teneva il vino in serbo."),
    # A surname, a first name or a thing at the beginning of a sentence; with the country beside it, the country.
    Case("it", "Russo ha detto di no. Greco, l’avvocato, non ha risposto."),
    Case("it", "Spagnolo: «Non lo so». Tedesco tace."),
    Case("it", "Russo arrestato a Mosca.", "RU"),
    Case("it", "Italiano arrestato, il consolato in Italia tace.", "IT"),
    Case("it", "Russi e ucraini trattano.", "RU UA"),
    Case("es", "Alemán anotó dos goles. Catalán lo celebró."),
    Case("es", "Colombianos y venezolanos marcharon.", "CO VE"),
    Case("en", "Mali Thompson scored twice. Mali Thompson was happy."),
    Case("en", "Mali Thompson flew to Mali. She liked Bamako.", "ML"),
    Case("en", "The troops left Mali Tuesday.", "ML"),
    Case("en", "Mali President Assimi Goïta spoke.", "ML"),
    Case("en", "Troops fought in Mali Wagner had left.", "ML"),
    in_title("en", "Mali Thompson scores twice for the team", ""),
    Case("en", f"On Sunday Mali Thompson scored. {_FILLER}", title="Mali Thompson Scores Twice"),
    Case("en", f"On Sunday the junta spoke. {_FILLER}", "ML", title="Mali Expels Envoy of Junta Critics"),
    Case("en", "Turkey prices are up. A turkey costs more than last year."),
    Case("en", "Turkey is served at noon. Volunteers roasted forty turkeys."),
    Case("en", "Turkey is served at noon, and a turkey was sent to Ankara by Turkey.", "TR"),
    Case("en", "Turkey raised its rates.", "TR"),
    in_title("en", "Turkey prices rise before the holiday", ""),
    in_title("en", "Roast Turkey for a Crowd", ""),
    in_title("en", "Turkey Raises Its Rates", "TR"),
    in_title("pt", "Peru de Natal fica mais caro", ""),
    Case("pt", "Peru assado é o prato. O peru deste ano custa mais."),
    Case("pt", "Peru e Chile assinaram.", "CL PE"),
    Case("es", "Chile en nogada: el plato lleva chile poblano."),
    # How often is enough.
    in_title("en", "Visit to Ecuador", "EC"),
    in_title("es", "Visita a la cárcel salvadoreña", "SV"),
    in_title("it", "Milano. Musica e poesie tra i detenuti del carcere", "IT"),
    in_title("es", "Michael Jordan visita la cárcel de Quito otra vez", "EC"),
    Case("es", f"{_FILLER} En Santiago hubo marchas, y en Santiago siguen.", "CL", title="Chile: segundo día"),
    in_title("en", "MINISTERS ASK US FOR MORE TIME", ""),
    in_title("en", "Paris Hilton Visits Rome", ""),
    Case("en", "Rome is quiet.", "IT", title="Paris Hilton Visits Rome"),
    Case("en", f"{_FILLER} She was once in Peru."),
    Case("en", f"{_FILLER} She was once in Peru. The Peruvian police knew her.", "PE"),
    Case("en", f"{'Chile voted. ' * 9} {_FILLER} Peru and Bolivia. Peru again.", "CL"),
    Case("en", f"{'Chile voted. ' * 6} {_FILLER} Peru and Bolivia. Peru again.", "CL PE"),
]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.language}-{re.sub(r'[^A-Za-z]+', '-', case.text)[:50]}"
)
def test_countries_of_an_article(case: Case) -> None:
    found = find_places(case.title, case.text, case.language)
    assert sorted(place.country for place in found) == case.countries.split()


def test_there_are_cases_in_every_language() -> None:
    assert len(CASES) >= 60
    assert {case.language for case in CASES} >= set(OWN_LANGUAGES)


def test_counts_mentions_in_title_and_text() -> None:
    text = "Quito, Ecuador — Ecuadorian ministers went to El Salvador. The Salvadorans showed Ecuador’s guests around."
    assert find_places("Ecuador looks abroad", text, "en") == (Place("EC", 4, True), Place("SV", 2, False))


@pytest.mark.parametrize("language", ["xx", "not a language", "am", None])
def test_other_languages_have_the_english_names(language: str | None) -> None:
    assert find_places("Ecuador", "Ecuadorian ministers.", language) == (Place("EC", 2, True),)


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "🇪🇨", "ﬁﬁﬁ Perú", "Peru" * 50_000, "Peru " * 50_000, "É\u0301cuador " * 9, "U.S. " * 1_000]
)
def test_any_text_is_read(text: str) -> None:
    assert isinstance(find_places(text, text, "en"), tuple)


def test_names_are_counted_beside_accents_and_wide_letters() -> None:
    text = "Ｐｅｒｕ́ 👩‍👩‍👧 Perú. El Perú ﬁrmó; los peruanos también."
    assert find_places("Ficha", text, "es") == (Place("PE", 4, False),)
