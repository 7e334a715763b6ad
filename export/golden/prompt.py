"""Golden token ids of open_clip's tokeniser, for tests/prompt_golden.rs.

Writes tests/golden/prompt/sets.json: per prompt set, object and class the number of prompts and the SHA-256 of the prompts
(joined by line feeds, UTF-8) and of their ids (77 each, little-endian int64), and
tests/golden/prompt/texts.json: odd texts with their ids (77, trailing zeros cut); `known` are those of the kinds in which the
product's cleaning is known to differ (mojibake, decomposed marks, HTML 5's further names, an apostrophe with a long s, letters
newer than Python's).

Peer: open_clip_torch 3.3.0 with ftfy 6.3.1 and regex 2026.11.15, on Python 3.11. Seeded; run from anywhere:

    python export/golden/prompt.py
"""

import hashlib
import json
import random
from pathlib import Path

from open_clip import SimpleTokenizer

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "prompt"
CONTEXT = 77
OBJECTS = ["object", "bottle", "metal_nut", "metal nut", "toothbrush", "chewinggum", "pcb1", "pipe_fryum", "Überwurfmutter M8×20"]

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

KNOWN = [
    "cafÃ© sÃ³", "âœ” ok", "cafe\u0301", "A\u030angstro\u0308m", "ｶﾞｷﾞ", "ﾡﾢ", "&check; &Jscr;", "it'ſ", "\u1c89 \ua7ce",
]

POOL = (
    list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") + list(" \t\n  ") + list("'\"!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`")
    + list("éèüößñçøåæÉÜÑłŁŠžΑΒΓαβγσςДжЯя中文字日本語한국어אבجد") + list("😀🔩🧲🪛→×°µΩ½²“”‘’…–—\u00a0\u3000ﬁﬂＡ１")
)
WORDS = [
    "photo", "Bottle", "METAL_NUT", "it's", "they're", "I'll", "we'd", "scratched", "transistor", "hazelnut", "toothbrush", "macaroni2", "don't", "&amp;", "&lt;", "&eacute;",
    "&#39;", "&quot;", "&nbsp;", "&#x2019;", "3mm", "100%", "éclair", "Größe", "naïve", "中文", "日本", "🔩", "--", "...", "!?", "(x)", "a/b", "#1", "’s", "’re", "<i>", "\n", "\t",
]


def texts():
    rng = random.Random(7)
    out = list(HAND)
    while len(out) < 210:
        out.append("".join(rng.choice(POOL) for _ in range(rng.randint(1, 40))))
    while len(out) < 300:
        out.append(rng.choice([" ", "", "  "]).join(rng.choice(WORDS) for _ in range(rng.randint(1, 14))))
    return out


def row(text):
    numbers = ids(text).tolist()
    while numbers[-1] == 0:
        numbers.pop()
    return {"text": text, "ids": numbers}


def dump(name, value):
    (OUT / name).write_text(value, encoding="ascii")


OUT.mkdir(parents=True, exist_ok=True)
dump("sets.json", "[\n" + ",\n".join(json.dumps(r) for r in sets()) + "\n]\n")
body = [f'"{key}": [\n' + ",\n".join(json.dumps(row(t), separators=(",", ":")) for t in rows) + "\n]" for key, rows in [("texts", texts()), ("known", KNOWN)]]
dump("texts.json", "{\n" + ",\n".join(body) + "\n}\n")
