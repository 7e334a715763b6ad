"""Names of models, categories and pictures as names of files, as `record::file_name` of the program writes them."""

import hashlib
import unicodedata

LONGEST = 100
NOT_IN_FILES = set('/\\:*?"<>|%')


def file_name(name: str) -> str:
    """The name as one component of a path: what a file name cannot hold is written as % and two hexadecimal digits for each byte."""
    safe = "".join(
        "".join(f"%{byte:02X}" for byte in letter.encode())
        if letter in NOT_IN_FILES or unicodedata.category(letter) == "Cc" or (at == 0 and letter == ".")
        else letter
        for at, letter in enumerate(name)
    )
    if not safe:
        return "%"
    if len(safe.encode()) <= LONGEST:
        return safe
    begin = safe.encode()[: LONGEST - 34].decode(errors="ignore")
    return f"{begin}%~{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def text_of(cell: str) -> str:
    """The text of a cell: one that a spreadsheet would take for a formula has an apostrophe in front."""
    if not cell.startswith("'"):
        return cell
    begins = cell.lstrip("'")
    return cell[1:] if len(begins) > 1 and begins[0] in "=+-@\t\r" and not _is_number(cell[1:]) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
