"""What the command line reports: what is wrong with what, and what to do about it."""


class ExportError(Exception):
    """`subject` is the file, option or name; `fix` says what to do."""

    def __init__(self, subject: str, problem: str, fix: str):
        super().__init__(f"{subject}: {problem}\nfix: {fix}")
        self.subject, self.problem, self.fix = subject, problem, fix


def a_few(names: list[str], most: int = 4) -> str:
    """The first names of a list and how many there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
