"""What comes with the data: personal use, no redistribution, and who counts as a professional."""

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from monitor.ui.signin.sheet import Card, WordsSheet, explained, paragraph
from monitor.ui.signin.steps import TERMS_ACCEPTED
from monitor.ui.view_ports import ViewPorts

_WORDS = "These are the exchanges' terms, which come with their data. They are asked about once."
_PERSONAL = "The data are for your personal use. Passing them on, to people or to programs of others, is not allowed."
_STATUS = "The exchanges' terms and fees depend on who you are. Which is true of you?"
_NON_PROFESSIONAL = "You look after your own money, and only that. Most people are this."
_PROFESSIONAL = (
    "You are registered with a securities or commodities regulator, you work in finance and use the data for that "
    "work, or you use them on behalf of a firm or of other people."
)
_LEGAL = (
    "Your agreements with Schwab and the exchanges apply, and they alone; this page is not legal advice. What you "
    "choose here is noted in the audit on this machine and sent to nobody."
)
_STATUSES = ("non-professional", "professional")


class TermsSheet(WordsSheet):
    """``settled`` once they are accepted, which is recorded with the status that was chosen."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__("What comes with the data", _WORDS, parent)
        self._ports = ports
        self.non_professional = QRadioButton("I am a &non-professional")
        self.professional = QRadioButton("I am a &professional")
        self.status = QButtonGroup(self)
        card = Card()
        card.column.addWidget(paragraph(_STATUS, "body"))
        for button, words in ((self.non_professional, _NON_PROFESSIONAL), (self.professional, _PROFESSIONAL)):
            self.status.addButton(button)
            card.column.addLayout(explained(button, words))
        self.accept = self.add_button("I &accept", self.submit, primary=True)
        self.accept.setEnabled(False)
        self.status.buttonToggled.connect(lambda: self.accept.setEnabled(True))
        self.first = self.non_professional
        self.column.addWidget(paragraph(_PERSONAL, "body"))
        self.column.addWidget(card)
        self.column.addWidget(paragraph(_LEGAL))
        self.column.addStretch(1)

    def submit(self) -> None:
        """Record that they are accepted; going back and accepting the same again adds nothing."""
        status = _STATUSES[self.professional.isChecked()]
        if self._ports.preferences.get(TERMS_ACCEPTED) != status:
            sentence = f"The terms of the data were accepted as a {status}: personal use, no redistribution."
            self._ports.recorder.record_audit("terms", sentence)
            self._ports.preferences.set(TERMS_ACCEPTED, status)
        self.settled.emit()
