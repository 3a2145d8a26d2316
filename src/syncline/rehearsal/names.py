"""Names of the people of a simulated company: several scripts, each with the Latin form its mailbox uses.

A directory is international long before its administrators notice; a set-up that was only ever tried with
"Adele Vance" breaks on the first `Nguyễn`. Every pair is (as written, as typed in a mailbox name).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Culture:
    """Given names and family names that go together, and whether the family name is written first."""

    language: str
    given: tuple[Pair, ...]
    family: tuple[Pair, ...]
    family_first: bool = False


@dataclass(frozen=True, slots=True)
class PersonName:
    """One person's name: as written, and in the Latin letters of the mailbox."""

    given: str
    family: str
    display: str
    latin_given: str
    latin_family: str
    language: str


def _pairs(text: str) -> tuple[Pair, ...]:
    """Read `written=latin` words; a word without `=` is its own Latin form."""
    pairs = []
    for word in text.split():
        written, _, latin = word.partition("=")
        pairs.append((written.replace("_", " "), latin or written.lower()))
    return tuple(pairs)


CULTURES: tuple[Culture, ...] = (
    Culture(
        "en-US",
        _pairs(
            "Adele Miriam Jordan Priscilla Grady Lidia Nestor Olivia Marcus Tamara Wesley Naomi Desmond Ruth"
        ),
        _pairs(
            "Vance Graham Archer O'Neill=oneill Lidman Holloway Whitfield Okafor Brandt Mercer Castle Doyle"
        ),
    ),
    Culture(
        "nl-NL",
        _pairs("Sanne Bram Femke Jeroen Zoë=zoe Lieke Thijs Marijke Ruben Anouk Daniël=daniel Floor"),
        _pairs(
            "de_Vries=devries van_den_Berg=vandenberg Jansen Bakker Hoekstra Smit ter_Horst=terhorst Mulder"
        ),
    ),
    Culture(
        "de-DE",
        _pairs("Jürgen=juergen Käthe=kaethe Lukas Anneliese Björn=bjoern Sabine Matthias Heike Tobias Grit"),
        _pairs("Müller=mueller Weiß=weiss Schäfer=schaefer Krüger=krueger Vogel Brandt Lindner Hofmann"),
    ),
    Culture(
        "fr-FR",
        _pairs("Chloé=chloe François=francois Anaïs=anais Benoît=benoit Maëlle=maelle Hugo Théo=theo"),
        _pairs(
            "Lefèvre=lefevre Dupré=dupre Girard Béranger=beranger D'Aubigny=daubigny Moreau Noël=noel Caron"
        ),
    ),
    Culture(
        "es-ES",
        _pairs("José=jose Inés=ines Íñigo=inigo Lucía=lucia Álvaro=alvaro Marisol Begoña=begona Rubén=ruben"),
        _pairs(
            "García=garcia Núñez=nunez Muñoz=munoz Ibáñez=ibanez Peña=pena Ortega Castaño=castano Ríos=rios"
        ),
    ),
    Culture(
        "pl-PL",
        _pairs(
            "Łukasz=lukasz Małgorzata=malgorzata Wojciech Agnieszka Bożena=bozena Krzysztof Zofia Paweł=pawel"
        ),
        _pairs(
            "Wiśniewska=wisniewska Dąbrowski=dabrowski Zieliński=zielinski Wójcik=wojcik Kowal Żak=zak Nowak"
        ),
    ),
    Culture(
        "tr-TR",
        _pairs("Ayşe=ayse Çağlar=caglar İpek=ipek Oğuz=oguz Şebnem=sebnem Gülşen=gulsen Emre Işıl=isil"),
        _pairs("Yılmaz=yilmaz Öztürk=ozturk Şahin=sahin Çelik=celik Aydın=aydin Doğan=dogan Kılıç=kilic"),
    ),
    Culture(
        "vi-VN",
        _pairs("Thảo=thao Quỳnh=quynh Đức=duc Hương=huong Tuấn=tuan Ngọc=ngoc Phượng=phuong"),
        _pairs("Nguyễn=nguyen Trần=tran Lê=le Phạm=pham Đặng=dang Võ=vo Bùi=bui"),
        family_first=True,
    ),
    Culture(
        "el-GR",
        _pairs("Ελένη=eleni Γιώργος=giorgos Κατερίνα=katerina Νίκος=nikos Σοφία=sofia Δημήτρης=dimitris"),
        _pairs("Παπαδοπούλου=papadopoulou Νικολάου=nikolaou Ιωάννου=ioannou Γεωργίου=georgiou Μακρής=makris"),
    ),
    Culture(
        "uk-UA",
        _pairs("Олена=olena Андрій=andrii Соломія=solomiia Тарас=taras Юлія=yuliia Богдан=bohdan"),
        _pairs("Шевченко=shevchenko Коваленко=kovalenko Мельник=melnyk Бондар=bondar Гончаренко=honcharenko"),
    ),
    Culture(
        "ja-JP",
        _pairs("陽子=yoko 健太=kenta 美咲=misaki 翔太=shota 直子=naoko 大輔=daisuke"),
        _pairs("佐藤=sato 鈴木=suzuki 高橋=takahashi 渡辺=watanabe 小林=kobayashi 中村=nakamura"),
        family_first=True,
    ),
    Culture(
        "zh-CN",
        _pairs("小明=xiaoming 丽华=lihua 建国=jianguo 思雨=siyu 文静=wenjing 志强=zhiqiang"),
        _pairs("王=wang 李=li 张=zhang 陈=chen 欧阳=ouyang 赵=zhao"),
        family_first=True,
    ),
    Culture(
        "ko-KR",
        _pairs("지우=jiwoo 민준=minjun 서연=seoyeon 하은=haeun 도윤=doyun 수빈=subin"),
        _pairs("김=kim 이=lee 박=park 최=choi 정=jung 황=hwang"),
        family_first=True,
    ),
    Culture(
        "ar-AE",
        _pairs("فاطمة=fatima محمد=mohammed ليلى=layla يوسف=yousef نور=noor خالد=khalid"),
        _pairs("الهاشمي=alhashimi حداد=haddad منصور=mansour الفارسي=alfarsi خوري=khoury"),
    ),
    Culture(
        "he-IL",
        _pairs("נועה=noa איתן=eitan תמר=tamar יונתן=yonatan שירה=shira"),
        _pairs("כהן=cohen לוי=levi מזרחי=mizrahi פרידמן=friedman"),
    ),
    Culture(
        "hi-IN",
        _pairs("प्रिया=priya अर्जुन=arjun दीपिका=deepika राहुल=rahul अनन्या=ananya विक्रम=vikram"),
        _pairs("शर्मा=sharma पटेल=patel गुप्ता=gupta सिंह=singh अय्यर=iyer"),
    ),
)


def draw_name(rng: Random) -> PersonName:
    """Draw a whole name; Latin-script cultures and the others are about half and half."""
    culture = rng.choice(CULTURES)
    return _name(culture, rng.choice(culture.given), rng.choice(culture.family))


def draw_family_name(rng: Random, language: str, current: str) -> Pair:
    """Draw another family name of the same culture, as after a wedding."""
    culture = next((c for c in CULTURES if c.language == language), CULTURES[0])
    return rng.choice([pair for pair in culture.family if pair[0] != current])


def display_name(given: str, family: str, language: str) -> str:
    """Write the two names in the order of their culture."""
    family_first = any(c.family_first for c in CULTURES if c.language == language)
    return f"{family} {given}" if family_first else f"{given} {family}"


def _name(culture: Culture, given: Pair, family: Pair) -> PersonName:
    display = display_name(given[0], family[0], culture.language)
    return PersonName(given[0], family[0], display, given[1], family[1], culture.language)


def latin(text: str) -> str:
    """Return the mailbox form of a name: the table's own, else its letters without accents."""
    if (known := _LATIN.get(text)) is not None:
        return known
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(c for c in plain if c.isalnum())


_LATIN = {written: mailbox for culture in CULTURES for written, mailbox in (*culture.given, *culture.family)}
