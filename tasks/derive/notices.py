"""Short paragraphs that a page's template writes, in six languages: counters, reading times, how long ago something
was, comment forms, calls to subscribe or donate.

They say nothing that the article says, and counters differ at each fetch. What is known about a site takes most such
lines away, but only from its fourth article on.
"""

from __future__ import annotations

import re

from tasks.derive.strings import fold

MAX_NOTICE = 240
"""Characters of a paragraph that can be nothing but notices."""

_NUMBER = r"\d+(?: \d+)*+(?: ?(?:k|mil|mila|tsd)\b)?+"
_UNIT = (
    r"(?:s|sec|secs|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|segundos?|minutos?|horas?|d[ií]as?|"
    r"semanas?|"
    r"secondes?|heures?|jours?|semaines?|sekunden?|std|stunden?|minuten?|tag(?:en?)?|wochen?|second[oi]|minut[oi]|"
    r"or[ae]|giorn[oi]|settiman[ae])"
)
_LONG_UNIT = r"(?:months?|years?|mes(?:es)?|a[ñn]os?|m[eê]s|anos?|mois|ans?|monat(?:en?)?|jahr(?:en?)?|mes[ei]|ann[oi])"
_AGO = (
    rf"(?:{_NUMBER} ?{{unit}} (?:ago|fa|atr[aá]s)|"
    rf"(?:hace|h[áa]|il y a|vor) (?:{_NUMBER} ?|(?:une?|una|uma?|eine[rmn]?) ){{unit}})"
)
_MINUTES = r"(?:m|mins?|minutes?|minutos?|minuten|minut[oi])"

_PHRASES = (
    # How long ago: months and years only after "Updated", else "20 years ago" as a heading would go.
    _AGO.format(unit=_UNIT),
    r"(?:an?|one) (?:minute|hour) ago|just now",
    r"(?:(?:last )?(?:updated|modified|edited|published|posted)|actualizad[oa]|publicad[oa]|atualizad[oa]|mis à jour|"
    r"modifiée?|publiée?|(?:zuletzt )?aktualisiert|veröffentlicht|aggiornat[oa]|pubblicat[oa]|modificat[oa])"
    rf" (?:{_AGO.format(unit=f'(?:{_UNIT}|{_LONG_UNIT})')}|(?:an?|one) \w+ ago|just now)",
    # Reading time
    rf"{_NUMBER} ?{_MINUTES} (?:read(?:ing)?(?: time)?|(?:de )?(?:lectura|leitura|lecture)|lesezeit|di lettura)",
    r"(?:(?:estimated )?reading time|tiempo (?:estimado )?de lectura|tempo (?:estimado )?de leitura|temps de lecture|"
    r"(?:geschätzte )?lesezeit|"
    rf"tempo (?:stimato )?di lettura|lecture|lectura|leitura)(?: de)? (?:ca |env )?{_NUMBER} ?{_MINUTES}",
    # Counters
    rf"{_NUMBER} (?:people|users|readers|visitors) (?:have )?(?:read|viewed|liked|shared|like|"
    rf"found) this(?: (?:article|story|post|page|helpful))?",
    rf"{_NUMBER} (?:comments?|views?|reads?|shares?|likes?|retweets?|replies|reactions?)",
    rf"{_NUMBER} (?:personas? (?:han|ha) (?:le[ií]do|visto|compartido) (?:esto|esta noticia|este artículo)|"
    r"(?:comentarios?|visitas?|vistas?|lecturas?|compartidos?|me gusta))",
    rf"{_NUMBER} (?:pessoas? (?:leram|viram|leu) (?:isto|isso|esta notícia|este artigo)|"
    r"(?:comentários?|visualizaç(?:ão|ões)|leituras?|compartilhamentos?|curtidas?|partilhas?))",
    rf"{_NUMBER} (?:personnes? (?:ont|a) lu (?:ceci|cet article)|(?:commentaires?|vues?|lectures?|partages?|"
    rf"réactions?))|lu {_NUMBER} fois",
    rf"{_NUMBER} (?:(?:personen|leser|menschen) haben (?:dies|das|diesen artikel) gelesen|mal (?:gelesen|geteilt)|"
    r"(?:kommentare?|aufrufe?|leser|klicks|reaktionen))",
    rf"{_NUMBER} (?:persone hanno letto (?:questo|questo articolo)|(?:comment[oi]|visualizzazion[ei]|letture|"
    rf"condivision[ei]))",
    # Comment forms, as WordPress words them
    r"leave a (?:reply|comment)|cancel reply|your email address will not be published|required fields are marked|"
    r"save my name email and (?:website|site) in this browser for the next time i comment|"
    r"notify me of (?:follow up|new) (?:comments|posts)(?: by email| via e ?mail)?|"
    r"this site uses akismet to reduce spam|learn (?:more about )?how your comment data (?:is|are) processed|"
    r"you must be (?:logged|signed) in to (?:post a )?(?:comment|reply)|(?:please )?(?:log|sign) in to (?:leave a |"
    r"post a )?(?:comment|reply)|"
    r"be the first to (?:comment|reply)|no comments yet|comments are closed",
    r"deja (?:una respuesta|un comentario|tu comentario)|cancelar (?:la )?respuesta|"
    r"(?:tu|su) (?:dirección de )?(?:correo electrónico|e ?mail) no será publicad[oa]|"
    r"los campos (?:obligatorios|requeridos|necesarios) están marcados(?: con)?|"
    r"guarda(?:r)? mi nombre correo electrónico y (?:sitio )?web en este navegador"
    r"(?: (?:para )?la próxima vez que (?:haga un comentario|comente))?|"
    r"este sitio (?:usa|utiliza) akismet para reducir el spam|"
    r"aprende cómo se procesan los datos de tus comentarios|"
    r"(?:debes|tienes que) (?:estar conectad[oa]|iniciar sesión|acceder|ingresar) para (?:publicar|escribir|dejar|"
    r"enviar) un comentario|"
    r"sé el primero en comentar|aún no hay comentarios|no hay comentarios aún|comentarios cerrados",
    r"deixe (?:uma resposta|um comentário|o seu comentário|seu comentário)|cancelar resposta|"
    r"(?:o )?seu (?:endereço de )?(?:e ?mail|correio eletrónico) não será publicado|"
    r"(?:os )?campos obrigatórios (?:são |estão )?marcados com|"
    r"(?:salvar meus dados|guardar o meu nome e ?mail e site) neste navegador para a próxima vez que eu comentar|"
    r"este site (?:utiliza|usa) o akismet para reduzir (?:o )?spam|"
    r"(?:saiba|fique a saber) como (?:são processados os dados dos|seus dados em) comentários(?: são processados)?|"
    r"seja o primeiro a comentar|ainda não há comentários|nenhum comentário ainda",
    r"laisser un commentaire|annuler la réponse|"
    r"votre adresse (?:e ?mail|de messagerie|électronique) ne sera pas publiée|"
    r"les champs obligatoires sont (?:indiqués|marqués)(?: avec| d un| par)?|"
    r"enregistrer mon nom (?:mon )?e mail et (?:mon )?site (?:web )?dans (?:le|"
    r"ce) navigateur pour mon prochain commentaire|"
    r"ce site utilise akismet pour réduire les indésirables|"
    r"en savoir plus sur (?:la façon dont|comment) les données de vos commentaires sont (?:traitées|utilisées)|"
    r"vous devez (?:être connecté|vous connecter)(?: e)? pour (?:publier|laisser|rédiger|poster) un commentaire|"
    r"soyez le premier à (?:commenter|réagir)|aucun commentaire pour (?:le moment|l instant)",
    r"(?:schreibe?|hinterlasse?n?) (?:sie )?(?:einen kommentar|eine antwort)|antworten? abbrechen|"
    r"(?:deine|ihre) e mail adresse wird nicht veröffentlicht|erforderliche felder sind(?: mit)? markiert(?: mit)?|"
    r"(?:meinen )?namen? (?:meine )?e mail(?: adresse)? und (?:meine )?website in diesem browser"
    r"(?: für die nächste kommentierung| für meinen nächsten kommentar)? speichern(?: bis ich wieder kommentiere)?|"
    r"diese website verwendet akismet um spam zu reduzieren|"
    r"erfahre(?:n sie)?(?: mehr darüber)? wie (?:deine|ihre) kommentardaten verarbeitet werden|"
    r"(?:du musst|sie müssen) (?:angemeldet|eingeloggt) sein um (?:einen kommentar (?:abzugeben|zu schreiben)|"
    r"kommentieren zu können)|"
    r"noch keine kommentare",
    r"lascia un(?:a risposta| commento)|annulla risposta|il tuo indirizzo e ?mail non sarà pubblicato|"
    r"i campi obbligatori sono contrassegnati|"
    r"salva il mio nome e ?mail e sito web in questo browser per la prossima volta che commento|"
    r"(?:do il mio consenso affinché )?(?:questo sito (?:usa|utilizza) akismet per ridurre lo spam)|"
    r"scopri come vengono elaborati i dati derivati dai commenti|"
    r"devi essere connesso per inviare un commento|ancora nessun commento",
    # Calls: nothing but the call, or the call for the publisher's own sake
    r"click here to (?:subscribe|sign up|donate|comment|register|join)"
    r"(?: (?:to|for) (?:our|the)(?: (?:free|daily|weekly|monthly|e ?mail)){0,3} (?:newsletters?|mailing list|updates|"
    r"channel|magazine))?|"
    r"(?:subscribe|sign up)(?: (?:now|today|here|free|for free))?(?: (?:to|for) (?:our|"
    r"the)(?: \w+){0,3} (?:newsletters?|mailing list|updates|channel|magazine))?|"
    r"(?:please )?donate (?:now|today|here)|(?:please )?(?:donate|make a (?:donation|gift|"
    r"tax deductible donation))(?: (?:now|today|here))?"
    r" (?:to|and|so) (?:help )?(?:support|fund|sustain|keep|we)"
    r" (?:us|our|this|independent|nonprofit|non profit|quality|local|investigative|fearless|can)\b(?: \w+){0,8}+",
    r"(?:haz|haga) clic(?:k)? aquí para (?:suscribir(?:te|se)|donar|registrar(?:te|se)|comentar)|"
    r"suscr[ií](?:bete|base)(?: (?:ahora|aquí|gratis))?(?: (?:a|en) (?:nuestr[oa]|el|la) (?:boletín|newsletter|canal|"
    r"lista de correo))?|"
    r"(?:dona|done) (?:ahora|aquí)|(?:haz|haga) (?:una|tu|su) donación(?: (?:ahora|aquí))?",
    r"clique aqui para (?:assinar|se inscrever|subscrever|doar|comentar)|inscreva se(?: (?:agora|aqui))?"
    r"(?: (?:na|em) (?:nossa|a) newsletter| no nosso canal)?|(?:assine|subscreva)(?: (?:já|agora|a|nossa|"
    r"a nossa) newsletter)?|"
    r"doe (?:agora|aqui)|faça (?:uma|sua|a sua) doação(?: (?:agora|aqui))?",
    r"cliquez ici pour (?:vous abonner|s abonner|vous inscrire|faire un don|commenter)|"
    r"(?:abonnez|inscrivez) vous(?: (?:maintenant|ici|gratuitement))?(?: à (?:notre|la)(?: \w+)? (?:newsletter|"
    r"lettre d information|infolettre))?|"
    r"(?:faire|faites|je fais) un don(?: (?:maintenant|ici))?",
    r"(?:klicken sie hier|hier klicken|klick hier) um (?:zu abonnieren|sich anzumelden|zu spenden)|"
    r"(?:jetzt|hier) (?:den |unseren )?(?:newsletter )?(?:abonnieren|bestellen|spenden)|newsletter abonnieren|"
    r"(?:abonnieren sie|abonniere?) (?:unseren|den) newsletter",
    r"clicca qui per (?:iscrivert[ie]|abbonart[ie]|donare|commentare)|(?:iscriviti|abbonati)(?: (?:ora|qui))?"
    r"(?: alla (?:nostra )?newsletter)?|dona (?:ora|adesso|qui)|fai una donazione(?: (?:ora|adesso))?",
    # Scripts that have not run
    r"loading(?: (?:comments|content|more|video|player|poll))?|please wait|like loading|cargando(?: comentarios)?|"
    r"carregando|"
    r"a carregar|chargement(?: en cours)?|wird geladen|lädt|caricamento(?: in corso)?|please enable javascript",
)  # fmt: skip
_LABELS = (
    r"comment|name|e ?mail|website|post comment|submit|comentario|nombre|correo electrónico|web|publicar el comentario|"
    r"comentário|nome|site|publicar comentário|commentaire|nom|site web|kommentar|e mail adresse|kommentar abschicken|"
    r"commento|sito web|invia commento"
)
"""Of a comment form's fields: words that count only after a notice, for alone they may be anything."""
_NOTICES = re.compile(rf"(?:(?:{'|'.join(_PHRASES)})(?: (?:{_LABELS})(?= |$))*+(?: |$))+")


def is_notice(paragraph: str) -> bool:
    """Whether a paragraph holds nothing but notices: one, or several after one another."""
    return len(paragraph) <= MAX_NOTICE and bool(_NOTICES.fullmatch(fold(paragraph)))
