"""Words to make sentences of: common ones, and ones that nobody ever said."""

from __future__ import annotations

from typing import Final

import numpy as np

_ENGLISH = """
about above across after again against almost alone always among animal answer apple around arrive away baby
back ball bank basic beautiful because become before begin behind believe below beside better between beyond
big bird black blood blue boat body book both bottle bottom boy branch bread break bridge bring brother
brown build business busy buy cabin call calm camp captain careful carry catch center chair chance change
charge cheap check child choose church circle city clean clear climb clock close cloud coffee cold color
come common company complete cook copy corner could count country couple course cover cross crowd cry cup
curve dance danger dark daughter day deep develop different dinner direct doctor dollar door double down
dream dress drink drive drop during each early earth east easy edge effect eight either else empty engine
enjoy enough evening ever every example expect explain eye face fact fall family famous farm fast father
favor fear feel few field fight figure final find finger fire first fish five floor flower follow food foot
force forget form forward four free fresh friend from front full game garden gather general gentle giant
girl give glass goal going gold good grand green ground group grow half hammer hand happen happy hard have
head hear heart heavy help high hold home hope horse hour house how human hurry idea imagine improve inside
island job join joy judge jump just keep key kind king kitchen know lady large last later laugh law lead
learn leave left letter level life light like line listen little live lock long lose love low machine make
man many map market marry master matter maybe measure meet member middle million mind minute moment money
month moon more morning mother mountain mouth move much music must name nation near need never new night
nine nobody noise north nothing notice now number object ocean offer office often oil old one only open
opinion orange order other our out over own page paint pair paper parent part party pass past path pay peace
people perfect perhaps person picture piece place plain plan play please pleasure pocket point poor position
possible power practice prepare present pretty price problem produce promise proper protect prove public
pull purpose push put question quick quiet quite radio rain raise reach read ready real reason receive
remember repeat report rest return rich ride right rise river road rock room rope round rule safe same save
say school sea second see seem sell send serve seven several shape share sharp she ship shoe shop short
should shoulder show sick side silver simple since sing sister six size skin sky sleep slow small smile
smooth snow soap social soft soldier some song soon sound south space speak special speed spend spoke spring
square stand star start station stay step still stone stop store story strange stream street strong student
such sudden summer sun supply suppose sure surprise swim system table take talk teach television tell ten
test thank that the them there thick thin thing think third this those thought thousand three through throw
time together tomorrow too top touch toward town toy travel treasure tree trip trouble true trust try turn
twelve two under union unit until up usual valley value very view village visit voice vowel wait walk wall
want war warm wash watch water way we wear weather week welcome well west what wheel when where which while
white who whole why wide wife wild will wind window winter wish with woman wonder wood word work world would
write wrong year yellow yes yet you young your zero
"""
_UNSEEN = """
able admire beam begged bishop bubble cabbage campfire cavern chimney combine cowboy cupboard damp dribble
elephant fable fabric favour festival flavour fumble gamble garage grumble hamper happily harbour hobby
hyphen import jumble kingdom lamp leather lever lobby lumber maple marble mimic moth oven pebble pepper
phone plumber poem popular probably pumpkin rabbit rapid ribbon robin rubber shampoo shelf shiver somebody
stumble sweeping symbol tablet temple thimble thumb tribe tumble umbrella vampire vapour vehicle vivid
wallpaper whimper wobble woven zebra
"""
_GERMAN = """
aber abend alle apfel auge bald baum beim berg besser bitte blau bleiben boot brauchen breit brot bruder
buch bunt dach danke dein dorf drei dunkel durch ein essen fahren farbe fenster feuer finden fisch flasche
fluss frau freund früh für ganz geben gehen gelb gut haben hafen haus heute himmel hören hund immer jahr
jetzt junge kaffee kalt kaufen kind komm können kopf küche land laufen leben lieben machen mann meer mögen
morgen müde mutter nacht name neu nichts oben öffnen papier pferd platz rot rufen sagen schiff schnell schön
schreiben schule sehen sommer spielen stimme straße stück suchen süß tag tür über uhr vater vier vogel wagen
wald warm warum wasser weiß wetter wohnen wort zeit zimmer zwei
"""
_FRENCH = """
abord acheter ami après arbre avec beau beaucoup blanc bleu boire bois bon bonjour bouche bras bruit chambre
chanter chaud cheval chien ciel coeur comme corps côté cuisine dans demain deux dire donner doux eau école
enfant ensemble femme fenêtre feu fille fleur fois froid garçon grand heure heureux homme hiver ici jamais
jardin jaune jeune jour jouer juste lait lettre livre loin lourd lumière maison manger matin mer mère mieux
monde montagne mot musique neige noir nouveau nuit oiseau ouvrir pain papier parler petit peu peur pied
place pluie pomme porte pour premier prendre quand quatre regarder rien rivière rouge rue sable savoir soeur
soir soleil souvent sucre table temps terre tête toujours trouver venir vent vert ville vin visage vite
vivre voir voiture voix voyage vrai
"""
_SPANISH = """
abajo abrir agua ahora alto amarillo amigo año árbol arriba azul bailar barco beber blanco boca bonito brazo
bueno caballo cabeza café calle caliente cama camino campo cantar casa cerca chico cielo ciudad coche comer
contar corazón cuatro dedo deseo después día dinero dormir dulce encontrar entrar escuela escribir espejo
estrella familia feliz flor fruta fuego fuerte gato gente grande hablar hacer hermano hijo hombre hoy huevo
jardín joven jugar leche leer libro limpio llamar lluvia luna luz madre mano mañana mar mejor mesa montaña
mucho mujer mundo música negro nieve niño noche nombre nuevo ojo oreja otro padre pan papel pequeño perro
pie piedra pregunta primo puente puerta queso rápido rojo ropa silla siempre sol sueño tarde tiempo tierra
tren vaca vecino ventana verano verde viaje vida viento zapato
"""
_POLISH = """
babcia biały bilet brat być chleb chłopiec ciepło cisza cukier czas czerwony człowiek daleko deszcz dobry
dom droga drzewo duży dziecko dzień dziękuję film fotel gdzie góra grać herbata imię jabłko jechać jeden
jesień jutro kawa kobieta koło kot krzesło książka kto lampa lato list ludzie mama masło mały miasto mleko
morze most mowa myśleć noc nowy obiad ojciec okno okręt pan papier pies pięć pisać pociąg podróż pokój pole
pomoc pomarańcza praca prosić ptak radość ręka rower ryba rzeka samochód sklep słońce słowo spać stary stół
szkoła śnieg świat telefon trawa twarz ulica wczoraj wieczór wiosna woda wysoki zamek zegar zielony zima
złoty żona życie żółty
"""
_ITALIAN = """
abito acqua albero alto amico amore anno aperto aprire arancia azzurro bambino bello bere bianco bicchiere
bocca bosco braccio buono caffè caldo camera cammino campo cane cantare capo casa cavallo cena chiave cielo
cinque città colore come corpo cosa cucina cuore dente dolce domani donna dormire dove due erba estate
famiglia felice festa fiore fiume foglia forte fratello freddo frutta fuoco gatto gente giallo giardino
giocare giorno giovane gioia grande gruppo inverno isola lago latte lavoro leggere lento letto libro luce
lungo luna madre mangiare mano mare mattina mela mese mondo montagna musica naso neve nome notte nuovo
nuvola occhio oggi ombra ora padre pane parlare parola pesce piccolo piede pioggia ponte porta prato primo
pronto quattro ragazzo rosso sale scuola sedia sempre sera sole sorella stella strada tavolo tempo terra
testa treno uomo uovo vecchio vedere vento verde vino viso vita voce zucchero
"""

WORDS: Final = tuple(_ENGLISH.split())
UNSEEN_WORDS: Final = tuple(_UNSEEN.split())
LANGUAGES: Final = {
    "en-us": WORDS,
    "de": tuple(_GERMAN.split()),
    "en": WORDS,
    "fr": tuple(_FRENCH.split()),
    "es": tuple(_SPANISH.split()),
    "pl": tuple(_POLISH.split()),
    "it": tuple(_ITALIAN.split()),
}
"""By eSpeak's names."""
UNSEEN_LANGUAGE: Final = "it"

_ONSETS: Final = (*"pbmfvtdkgszlrnjwhy", "sh", "ch", "br", "pl", "st", "fl", "")
_NUCLEI: Final = ("a", "e", "i", "o", "u", "a", "o", "ai", "ou")
_CODAS: Final = ("", "", "", "m", "p", "n", "s", "l", "r", "t")


def invented(rng: np.random.Generator) -> str:
    """A word of no language, of two to four syllables, that any speaking program can read."""
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_NUCLEI) + (rng.choice(_CODAS) if last else "")
        for last in [*[False] * int(rng.integers(1, 4)), True]
    )
