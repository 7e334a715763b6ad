"""Golden token ids of open_clip's tokeniser, for tests/library/prompt_golden.rs.

Writes into tests/golden/prompt/
  sets.json     per prompt set, object and class the number of prompts and the SHA-256 of the prompts (joined by line feeds, UTF-8)
                and of their ids (77 each, little-endian int64)
  texts.json    odd texts with their ids (77, trailing zeros cut): by hand, random, and real mojibake (words of many languages,
                encoded as UTF-8 and read in another encoding, once or twice, whole or in part, with the damage that ftfy expects)
  planes.json   per 1,024 code points the SHA-256 of the ids of a short text around each code point of Unicode 14

Peer: open_clip_torch 3.3.0 with ftfy 6.3.1 and regex 2026.11.15, on Python 3.11. Seeded; run from anywhere (some minutes):

    python export/golden/prompt.py [NAME.json ...]
"""

import hashlib
import html.entities
import json
import random
import sys
import unicodedata
from pathlib import Path

import ftfy.bad_codecs
from open_clip import SimpleTokenizer

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "prompt"
CONTEXT = 77
OBJECTS = ["object", "bottle", "metal_nut", "metal nut", "toothbrush", "chewinggum", "pcb1", "pipe_fryum", "Überwurfmutter M8×20"]

ftfy.bad_codecs.ok()
tokenizer = SimpleTokenizer()


def ids(text):
    return tokenizer([text], CONTEXT)[0]


def templates():
    """The paper's 22, put together from their parts, and the common 21."""
    paper = ["a cropped photo of the {}.", "a cropped photo of a {}."]
    for photo in ["a close-up photo", "a bright photo", "a dark photo", "a jpeg corrupted photo", "a blurry photo", "a photo"]:
        paper += [f"{photo} of {article} {{}}." for article in ("a", "the")]
    for size in ["small", "large"]:
        paper += [f"a photo of {article} {size} {{}}." for article in ("a", "the")]
    for purpose in ["visual inspection", "anomaly detection"]:
        paper += [f"a photo of {article} {{}} for {purpose}." for article in ("a", "the")]
    jpeg = "a jpeg corrupted photo of {} {{}}."
    common = [jpeg.format("the") if t == jpeg.format("a") else t for t in paper if t != "a cropped photo of a {}."]
    return {"winclip": paper, "common21": common}


STATES = {
    "normal": ["{}"] + [f"{word} {{}}" for word in ("flawless", "perfect", "unblemished")]
    + [f"{{}} without {word}" for word in ("flaw", "defect", "damage")],
    "anomalous": ["damaged {}"] + [f"{{}} with {word}" for word in ("flaw", "defect", "damage")],
}


def sets():
    rows = []
    for name, sentences in templates().items():
        for thing in OBJECTS:
            for label, states in STATES.items():
                prompts = [s.format(state.format(thing)) for state in states for s in sentences]
                digest = hashlib.sha256()
                for prompt in prompts:
                    digest.update(ids(prompt).numpy().astype("<i8").tobytes())
                rows.append({
                    "set": name, "object": thing, "label": label, "count": len(prompts),
                    "prompts": hashlib.sha256("\n".join(prompts).encode()).hexdigest(), "ids": digest.hexdigest(),
                })
    return rows


HAND = [
    "", " ", "a", "A photo of a BOTTLE.", "it's they're we've I'm you'll he'd 'twas rock'n'roll O'Brien's", "IT'S THEY'RE WE'VE I'M",
    "''s ''' 's's 'ss", "don't won't can't", "12345 3.14159 1e-10 0x7f ½ ² Ⅷ ٣٤ 五", "<start_of_text>", "a <END_OF_TEXT> b",
    "< start_of_text >", "<|startoftext|><|endoftext|>", "a_b__c-d--e", "foo@bar.example #tag $5 100% ^_^ ~/x", "!!!???...;;;", "(a)[b]{c}<d>",
    "tab\tnew\nline\r\nreturn\rform\fvertical\vend", "non\u00a0breaking\u2003em\u3000wide\u2028line\u2029par", "\u200bzero\u200dwidth\u2060joiner",
    "\ufeffbom", "nul\x00bell\x07del\x7f", "\x1b[31mred\x1b[0m \x1b[ not", "\x1b[1;2;3Kx\x1b[", "c1 \x93quoted\x94 and \x96 dash",
    "“curly” ‘single’ ‚low‛ „x‟ it’s ʼn ŉ", "ﬁ ﬂ ﬀ ﬃ ﬄ ﬆ ﬅ Ĳ ĳ Ǆ ǅ ǆ Ǉ Ǌ ǳ", "ＦＵＬＬ ｗｉｄｔｈ　１２３！？", "ｱｲｳｴｵ ﾌﾗｲﾄ ｡｢｣､･", "￠￡￢￤￥￦ ￩￪￫￬￭￮",
    "naïve café Zürich Ångström smörgåsbord", "ÀÉÎÕÜ ÇÑ ß ẞ Œ æ Ø", "İstanbul ISPARTA ıi Iı", "ΣΊΣΥΦΟΣ ΟΔΟΣ ςσ", "Привет МИР ёЁ", "שלום עולם", "مرحبا بالعالم",
    "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好世界", "こんにちは世界 カタカナ", "안녕하세요 세계", "ǅungla Ǳ", "𝒥𝓸𝓱𝓷 𝔸𝔹ℂ", "ⅠⅡⅢ ⅰⅱⅲ", "①②③ ㈠ ㎏", "ᾈ ᾼ ΐ", "Ꭰ ꭰ Ა",
    "😀", "👩‍👩‍👧‍👦 family 🏳️‍🌈", "🇩🇪🇫🇷", "👍🏽 ok ❤️ ☕", "a😀b😀😀c", "→⇒∞≈≠±×÷√∑∫", "°C µm Ω Å Å K", "£€¥₹", "©®™ §¶†‡ …",
    "a &amp; b", "&amp;amp; &amp;amp;amp; &amp;amp;amp;amp;", "&lt;b&gt;bold&lt;/b&gt;", "<b>a &amp;amp; b</b>", "<p>&eacute;&EACUTE;", "a &EACUTE;&NTILDE;&SZLIG; b", "&eacute;&ccedil;&Ouml;&nbsp;&copy;",
    "&eacute &copy2 &notit; &notin; &AMP &LTx &GT;", "&#65;&#x42;&#x63 &#100", "&#0; &#128; &#150; &#xD800; &#x110000; &#1; &#11; &#xFDD0; &#99999999999999999999;",
    "&#; &#x; &; & &nosuch; &a b;", "this&not that", "AT&T R&D &&& &amp", "&alpha;&Omega;&alpha &rarr; &hearts; &hellip; &ndash;", "&lang;x&rang; &apos;q&apos; &quot;", "line < one\n&eacute; two", "&eacute; one\nline < two\n&EACUTE; three",
    "&ALPHA; &TIMES; &HELLIP; &NBSP;x&YUML;", "&Alpha; &aLPHA;", "&#39;s it&#39;s it&#x2019;s", "&amp;#39;", "&amp;eacute;", "&amp;amp;eacute;", "&amp;nosuch;", "&lt;&lt;", "a&lt;b &EACUTE; c",
    "x" * 300, "ab " * 120, "a photo of a " + "very " * 90 + "long bottle.", "é" * 100, "漢字" * 40, "😀" * 30, "1" * 80, "word " * 74, "word " * 75, "word " * 76, "word " * 77,
    "supercalifragilisticexpialidocious antidisestablishmentarianism", "Donaudampfschifffahrtsgesellschaftskapitän", "the" * 40, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "e = mc²; H₂O; CO₂", "10µF/16V 4k7Ω ±5%", "M8x1.25 ISO-4762 A2-70", "PCB#3: U12/R7 (SMD0603)", "C:\\temp\\x.png \\u00e9 \\n", "https://example.org/a?b=c&d=e&copy=1",
    "a'b\"c`d´e", "'tis the 'S 'T 'RE", "can\'\'t", "\u00ad soft\u00adhyphen", "\u034f cgj", "\ufffd replacement", "\ufff9a\ufffab\ufffb\ufffc", "\u206ax\u206f", "\u202ertl\u202c",
]

# Kinds of text that earlier versions of the product read differently.
HARD = [
    "cafÃ© sÃ³", "âœ” ok", "cafe\u0301", "A\u030angstro\u0308m", "ｶﾞｷﾞ", "ﾡﾢ", "&check; &Jscr;", "it'ſ", "x'ſ!'ſ 'ſs", "ŉ", "&#59; &#x3b;",
    "&lt;b&gt; &amp;eacute;", "&LTIMES;", "&LT;IMES;", "&NotEqualTilde; &ThickSpace;", "&CounterClockwiseContourIntegral;", "&notit &notin &notinva;", "\x1b[٣mx",
    "Ã la mode", "Ã quele Ã s vezes", "voilÃ  le travail", "â€œlikeâ€\ufffd", "Ã\ufffd", "Ã? x Ã©", "l\u2019Ã©tÃ©", "Ã©" * 60, "\x80\x81\x8d", "x\x93y\x81", "Р°РІС‚Рѕ",
    "\u00c0\u0080 Ã©", "í\xa0½í¸\x8d", "Ã©À\n", "Â£5 Â©2020 Â° Â±", "√© √º ‚Äôs", "├⌐ Γö£", "Ă© Ä\x8d", "Î±Î²Î³", "Ã˜Â§Ù„", "ä¸\xadæ–‡", "ðŸ˜€", "рџ\x98\x80", "日本 cafÃ© 中文",
    "<b>cafÃ©</b>\n&eacute; Ã©", "cafÃ&copy;", "&Atilde;&copy;", "&ATILDE;&COPY;",
]

WRONG = [
    "latin-1", "windows-1252", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253", "sloppy-windows-1254",
    "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437",
]
MANY = [
    "café déjà vu à la carte", "Überwurfmutter größe", "señor niño ¿qué?", "coração às quele", "naïve façade", "Ångström blåbær øl", "žluťoučký kůň", "zażółć gęślą jaźń", "árvíztűrő",
    "Привет мир", "деталь с царапиной", "українська їжак", "ελληνικά γράμματα", "Ψυχή", "שלום", "مرحبا بالعالم", "नमस्ते", "สวัสดี", "中文字", "日本語カタカナ", "한국어", "türkçe ığdır", "latviešu ķīļa",
    "“quoted” ‘single’ – dash — … •", "it’s 5 € £3 ±2 µm 10° ½ ×²", "✔ ok ★ → ∞ ≠", "😀🔩👩‍👩‍👧", "photo of a bottle", "Œuvre ﬁn ﬂ", "¡hola! «oui»",
]

POOL = (
    list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") + list(" \t\n  ") + list("'\"!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`")
    + list("éèüößñçøåæÉÜÑłŁŠžΑΒΓαβγσςДжЯя中文字日本語한국어אבجد") + list("😀🔩🧲🪛→×°µΩ½²“”‘’…–—\u00a0\u3000ﬁﬂＡ１")
)
WORDS = [
    "photo", "Bottle", "METAL_NUT", "it's", "they're", "I'll", "we'd", "scratched", "transistor", "hazelnut", "toothbrush", "macaroni2", "don't", "&amp;", "&lt;", "&eacute;",
    "&#39;", "&quot;", "&nbsp;", "&#x2019;", "3mm", "100%", "éclair", "Größe", "naïve", "中文", "日本", "🔩", "--", "...", "!?", "(x)", "a/b", "#1", "’s", "’re", "<i>", "\n", "\t",
]


def mojibake(rng):
    """Some text of many languages, read in a wrong encoding; at times twice, in part, or damaged further."""
    text = rng.choice(MANY) if rng.random() < 0.6 else " ".join(rng.choice(rng.choice(MANY).split()) for _ in range(rng.randint(1, 5)))
    broken = text
    for _ in range(rng.choice([1, 1, 1, 2])):
        broken = broken.encode().decode(rng.choice(WRONG), errors=rng.choice(["replace", "ignore"]))
    damage = rng.random()
    if damage < 0.1:
        broken = broken.replace("\u00a0", " ")
    elif damage < 0.2:
        broken = broken + " " + rng.choice(MANY)
    elif damage < 0.3:
        broken = rng.choice(["a photo of a ", "the ", "<i>", "中 ", "x"]) + broken + rng.choice(["", ".", " nut", "\n" + text])
    elif damage < 0.35:
        at = rng.randrange(len(broken) + 1)
        broken = broken[:at] + rng.choice(["?", "\ufffd", " ", "\x85"]) + broken[at:]
    elif damage < 0.4:
        broken = broken[: rng.randrange(1, len(broken) + 1)]
    return broken


def reference(rng):
    names = sorted(html.entities.html5)
    name = rng.choice(names)
    # A code point may be one that HTML forbids, but not one that Unicode 14 lacks.
    return rng.choice(["&" + name, "&" + name.rstrip(";"), "&" + name.upper(), "&amp;" + name, "&" + name.rstrip(";") + "x", f"&#{ord(code_point(rng, 0x3000))};", f"&#x{ord(code_point(rng, 0x11000)):x}"])


def code_point(rng, limit):
    while True:
        character = chr(rng.randrange(limit))
        if unicodedata.category(character) not in ("Cn", "Cs"):
            return character


def texts():
    rng = random.Random(7)
    out = HAND + HARD
    while len(out) < 280:
        out.append("".join(rng.choice(POOL) for _ in range(rng.randint(1, 40))))
    while len(out) < 380:
        out.append(rng.choice([" ", "", "  "]).join(rng.choice(WORDS) for _ in range(rng.randint(1, 14))))
    while len(out) < 900:
        out.append(mojibake(rng))
    while len(out) < 980:
        out.append(rng.choice([" ", ""]).join(reference(rng) for _ in range(rng.randint(1, 4))))
    while len(out) < 1040:
        out.append("".join(code_point(rng, rng.choice([0x300, 0x800, 0x3000, 0x20000, 0xe0200])) for _ in range(rng.randint(1, 12))))
    while len(out) < 1080:  # marks in any order
        out.append("".join(rng.choice("aeoAEOकがㅎ") + "".join(chr(rng.randrange(0x300, 0x345)) for _ in range(rng.randint(0, 3))) for _ in range(rng.randint(1, 6))))
    return out


BLOCK = 1024


def planes():
    """Per block of code points that Unicode 14 has: its number and a digest of the ids of each code point's text."""
    rows = []
    for block in range(0x110000 // BLOCK):
        digest = hashlib.sha256()
        known = 0
        for code in range(block * BLOCK, (block + 1) * BLOCK):
            character = chr(code)
            private = 0xF0000 <= code
            category = unicodedata.category(character)
            noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
            if private or category == "Cs" or (category == "Cn" and not noncharacter):
                continue
            known += 1
            digest.update(ids(f"a{character}e \u00e9{character} {character}").numpy().astype("<i8").tobytes())
        if known:
            rows.append({"block": block, "known": known, "ids": digest.hexdigest()[:16]})
    return rows


def row(text):
    numbers = ids(text).tolist()
    while numbers[-1] == 0:
        numbers.pop()
    return {"text": text, "ids": numbers}


FILES = {
    "sets.json": sets,
    "texts.json": lambda: [row(text) for text in texts()],
    "planes.json": planes,
}

OUT.mkdir(parents=True, exist_ok=True)
for name in sys.argv[1:] or FILES:
    rows = ",\n".join(json.dumps(r, separators=(",", ":") if name == "texts.json" else None) for r in FILES[name]())
    (OUT / name).write_text(f"[\n{rows}\n]\n", encoding="ascii")
