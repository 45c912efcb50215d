"""The field for queries; what is run is what is selected, or the statement that the cursor stands in."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from monitor.ui.sql.highlighter import SqlHighlighter
from monitor.ui.sql.statements import statement_at, tokens
from monitor.ui.theme import Theme

_POINTS = 9.0


class SqlEditor(QPlainTextEdit):
    """``older`` and ``newer`` tell that a query of before is wanted (Ctrl+Up, Ctrl+Down).

    Offsets count characters of the text; Qt counts those beyond U+FFFF twice.
    """

    older = Signal()
    newer = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(_POINTS)
        self.setFont(font)
        self.setObjectName("sqlEditor")
        self.setAccessibleName("Query")
        self.setPlaceholderText("A query, such as SELECT * FROM quote LIMIT 100")
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._highlighter = SqlHighlighter(self.document(), theme)
        self._marked = False
        self.textChanged.connect(self._forget_mark)

    def question(self) -> tuple[str, int]:
        """What is to be run, and the offset at which it begins in the text."""
        text, cursor = self.toPlainText(), self.textCursor()
        if cursor.hasSelection():
            start, end = _offset(text, cursor.selectionStart()), _offset(text, cursor.selectionEnd())
        else:
            start, end = statement_at(text, _offset(text, cursor.position()))
        return text[start:end], start

    def mark(self, offset: int) -> None:
        """Underline the token at ``offset`` as a mistake, until the text changes."""
        text = self.toPlainText()
        ends = [token.end for token in tokens(text) if token.start <= offset < token.end]
        start, end = offset, ends[0] if ends else offset + 1
        if offset >= len(text):  # something is missing at the end
            start, end = len(text.rstrip()) - 1, len(text.rstrip())
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(text[: max(start, 0)]))
        cursor.setPosition(_units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        selection = QTextEdit.ExtraSelection()
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(self._theme.colours.colour("bad"))
        look.setBackground(self._theme.colours.colour("bad", 40))
        selection.format, selection.cursor = look, cursor
        self.setExtraSelections([selection])
        self._marked = True

    @property
    def marked(self) -> str:
        """What is underlined as a mistake."""
        return "".join(each.cursor.selectedText() for each in self.extraSelections())

    def put(self, text: str) -> None:
        """Replace everything, the cursor at its beginning; it can be undone."""
        self._replace(text, 0)

    def add(self, statement: str) -> None:
        """Put a statement at the end, after those that are there, and the cursor at its beginning."""
        text = self.toPlainText().rstrip()
        if text:
            text += "\n\n" if text.endswith(";") else ";\n\n"
        self._replace(text + statement, len(text))

    def _replace(self, text: str, offset: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.setTextCursor(cursor)  # to the end first, so that all of a statement that was added is in sight
        cursor.setPosition(_units(text[:offset]))
        self.setTextCursor(cursor)

    def insert(self, word: str) -> None:
        """Put a name where the cursor is, apart from the word before it."""
        cursor = self.textCursor()
        text = self.toPlainText()
        before = text[: _offset(text, cursor.selectionStart())][-1:]
        cursor.insertText(f" {word}" if before.isalnum() or before in ("_", ",") else word)
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            wish = {Qt.Key.Key_Up: self.older, Qt.Key.Key_Down: self.newer}.get(Qt.Key(event.key()))
            if wish is not None:
                wish.emit()
                return
        super().keyPressEvent(event)

    def _forget_mark(self) -> None:
        if self._marked:
            self._marked = False
            self.setExtraSelections([])


def _units(text: str) -> int:
    """How many characters Qt counts in it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _offset(text: str, position: int) -> int:
    """The characters of ``text`` before Qt's position."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * position].decode("utf-16-le", "replace"))
