"""The colours of SQL: keywords, strings, numbers and comments, in those of the theme."""

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from monitor.ui.sql.statements import KEYWORDS, tokens
from monitor.ui.theme import Theme

_COLOURS = {"comment": "dim", "string": "green", "number": "amber"}
#: What may go on in the next line: its kind, what it began with, and what ends it.
_OPEN = (("", "", ""), ("comment", "/*", "*/"), ("string", "'", "'"), ("name", '"', '"'))


class SqlHighlighter(QSyntaxHighlighter):
    """Colours line by line; a line's state is what it leaves open, as its place in ``_OPEN``."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        before = max(self.previousBlockState(), 0)
        opener = _OPEN[before][1]
        whole = opener + text
        state = 0
        for token in tokens(whole):
            said = whole[token.start : token.end]
            colour = _COLOURS.get(token.kind, "")
            if token.kind == "word" and said.upper() in KEYWORDS:
                colour = "accent"
            if colour:
                start = max(token.start - len(opener), 0)
                self.setFormat(start, token.end - len(opener) - start, self._format(colour))
            if token.end == len(whole):
                state = _left_open(token.kind, said)
        self.setCurrentBlockState(state)

    def _format(self, colour: str) -> QTextCharFormat:
        result = QTextCharFormat()
        result.setForeground(self._theme.colours.colour(colour))
        return result


def _left_open(kind: str, said: str) -> int:
    for state, (of, begin, end) in enumerate(_OPEN):
        if of == kind and said.startswith(begin) and (len(said) < len(begin + end) or not said.endswith(end)):
            return state
    return 0
