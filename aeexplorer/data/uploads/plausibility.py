"""How much bytes look like words in a code page: scripts that do not mix within a word, cases that fit, and common characters."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_COMMON_LETTERS = frozenset("éèêëàâäáçîïíñôöóùûüúßãåæøąćęłńśźżčěřšťůýžőűășț" + "оеаинтсрвлкмдпуяыьг" + "αεηιονρστυκλάέήίόύώς")
_COMMON_HANGUL = frozenset(
    "이다는을가의에고를한하지은도사로기리어자나아시대인서해원제스부전정일보그수장여상들과라주신동성공구선학위있경으조게비안유"
    "연생실국문물소요세분방물정화무오용적관당계교재반발음년개통산회진결행체감식모기본군명강중금거미치내민와포트마러데드면모르"
    "남북입출양고양이강새봄여름을겨울꽃나무람차물말집길눈손발머얼굴책돌불빛밤낮키노래우리것못난등번호증색빨파초록검은흰노"
    "폴더름기사첩자료훈련시험검증데터미음성정상불량류형태예"
)
_COMMON_HANZI = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "猫狗鸟鱼马牛羊花草树车船飞机春夏秋冬红黄蓝绿白黑山水火土木金日月天图片照片训练测试正常异常数据类别样本文件资料苹果香蕉"
)
_TYPOGRAPHY = frozenset("’‘“”–—·…№°«»「」（）、。・ー々")
_IMPOSSIBLE = -10.0  # score of a code page in which some bytes are no character
_LETTER_BYTES = {"cp932": (0x889F, 0x9872), "gbk": (0xB0A1, 0xD7F9), "big5": (0xA440, 0xC67E)}
"""First and last of the common ideographs of a code page, which were put into a level of their own."""


def plausibility(content: bytes, code_page: str) -> float:
    """Return the mean score of the characters of `content` beyond ASCII, decoded in a code page; about 1 for ordinary words."""
    try:
        text = content.decode(code_page)
    except UnicodeDecodeError:
        return _IMPOSSIBLE
    scores = [_symbol_score(c) for c in text if not c.isascii() and not _WORD.match(c)]
    for word in _WORD.findall(text):
        if not word.isascii():
            scores += _word_scores(word, code_page)
    return sum(scores) / len(scores) if scores else _IMPOSSIBLE


def _symbol_score(character: str) -> float:
    category = unicodedata.category(character)
    if category in ("Cc", "Co", "Cn", "Cs"):
        return _IMPOSSIBLE
    return 0.3 if character in _TYPOGRAPHY or category in ("Mn", "Nd") else -1.0


def _word_scores(word: str, code_page: str) -> list[float]:
    """Return the scores of the letters of a word beyond ASCII."""
    scripts = [_script(c) for c in word]
    is_mixed = len(set(scripts) & {"LATIN", "CYRILLIC", "GREEK"}) > 1
    scores = []
    for i, (c, script) in enumerate(zip(word, scripts, strict=True)):
        if c.isascii():
            continue
        if script in ("LATIN", "CYRILLIC", "GREEK"):
            score = 0.7 + 0.3 * (c.lower() in _COMMON_LETTERS)
            score -= 1.5 * is_mixed
            score -= 0.6 * (c.isupper() and i > 0 and word[i - 1].islower())
            score -= 0.6 * (c.islower() and i > 0 and word[:i].isupper() and i > 1)
            score -= 0.6 * (script == "LATIN" and sum(not x.isascii() for x in word) > max(1, 0.6 * len(word)))
        else:
            score = _east_asian_score(c, script, code_page)
            neighbours = word[max(0, i - 1) : i + 2]
            score -= 0.5 * any(x.isascii() for x in neighbours)
        scores.append(score)
    return scores


def _east_asian_score(character: str, script: str, code_page: str) -> float:
    if script in ("HIRAGANA", "KATAKANA"):
        return 1.1 if code_page == "cp932" else 0.5
    if script == "HANGUL":
        return 1.1 if character in _COMMON_HANGUL else 0.2
    if script == "CJK":
        raw = int.from_bytes(character.encode(code_page), "big")
        first, last = _LETTER_BYTES.get(code_page, (1, 0))
        is_common = first <= raw <= last and (code_page != "gbk" or raw & 0xFF >= 0xA1)
        return 0.9 * is_common + 0.3 * (character in _COMMON_HANZI)
    return -0.7  # half-width katakana, full-width letters, and letters of rare scripts


def _script(character: str) -> str:
    """Return the first word of the character's name, which is its script."""
    name = unicodedata.name(character, "")
    if "HALFWIDTH" in name or "FULLWIDTH" in name or (unicodedata.category(character) == "Lm" and character != "ー"):
        return "WIDTH"
    return name.partition(" ")[0]
