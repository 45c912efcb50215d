"""The form for where old files go: they stay, go to a folder, or to a bucket that speaks S3."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.ui.panel import named

STAYS, FOLDER, BUCKET = range(3)
_KEYS = (
    "Keys are not kept here: they are read from the AWS environment variables or from ~/.aws/credentials, or come with"
    " the machine."
)


class PlaceForm(QWidget):
    """``changed`` tells that ``place`` may be another."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = QComboBox()
        self.kind.addItems(["stay in the data folder", "move to a folder", "move to a bucket (S3)"])
        self.folder, self.browse = QLineEdit(), QPushButton("&Browse…")
        self.bucket, self.prefix = QLineEdit(), QLineEdit()
        self.endpoint, self.region = QLineEdit(), QLineEdit()
        self.pages: dict[int, QWidget] = {}
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._show_page)
        self._show_page(STAYS)
        self.kind.currentIndexChanged.connect(lambda _: self.changed.emit())
        for field in self._fields():
            field.textChanged.connect(lambda _: self.changed.emit())
        self.browse.clicked.connect(self.choose)

    @property
    def place(self) -> str:
        """As StorageRules.cold."""
        if self.kind.currentIndex() == FOLDER:
            return self.folder.text().strip()
        return self._address() if self.kind.currentIndex() == BUCKET else ""

    @property
    def complete(self) -> bool:
        """Whether what was chosen is also told."""
        needed = {FOLDER: self.folder, BUCKET: self.bucket}.get(self.kind.currentIndex())
        return needed is None or bool(needed.text().strip())

    def show_place(self, place: str) -> None:
        """Fill the form."""
        if place.startswith("s3://"):
            address = urlsplit(place)
            given = {name: values[-1] for name, values in parse_qs(address.query).items()}
            self.bucket.setText(address.netloc)
            self.prefix.setText(address.path.strip("/"))
            self.region.setText(given.get("region", ""))
            endpoint = given.get("endpoint_override", "")
            self.endpoint.setText(f"{given.get('scheme', 'https')}://{endpoint}" if endpoint else "")
            self.kind.setCurrentIndex(BUCKET)
        else:
            self.folder.setText(place)
            self.kind.setCurrentIndex(FOLDER if place else STAYS)

    def choose(self) -> QFileDialog:
        """Let a person look for the folder."""
        chooser = QFileDialog(self, "Where old files go", self.folder.text() or str(Path.home()))
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
        chooser.fileSelected.connect(self.folder.setText)
        chooser.open()
        return chooser

    def _show_page(self, kind: int) -> None:
        """Only what belongs to the choice takes room."""
        for number, page in self.pages.items():
            page.setVisible(number == kind)
        self._column.activate()
        self.updateGeometry()

    def _address(self) -> str:
        scheme, _, host = self.endpoint.text().strip().rpartition("://")
        query = {"region": self.region.text().strip(), "endpoint_override": host.rstrip("/"), "scheme": scheme}
        told = urlencode({name: value for name, value in query.items() if value}, safe=":/")
        path = self.prefix.text().strip().strip("/")
        return f"s3://{self.bucket.text().strip()}/{path}" + (f"?{told}" if told else "")

    def _fields(self) -> tuple[QLineEdit, ...]:
        return self.folder, self.bucket, self.prefix, self.endpoint, self.region

    def _lay_out(self) -> None:
        folder = QWidget()
        row = QHBoxLayout(folder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        bucket = QWidget()
        form = QFormLayout(bucket)
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Bucket", self.bucket)
        form.addRow("Folder in it", self.prefix)
        form.addRow("Endpoint", self.endpoint)
        form.addRow("Region", self.region)
        hint = named(QLabel(_KEYS), "hint")
        hint.setWordWrap(True)
        form.addRow(hint)
        self.endpoint.setPlaceholderText("Amazon's own; others: https://s3.example.org")
        self.region.setPlaceholderText("us-east-1")
        self.folder.setPlaceholderText("/mnt/archive/market-monitor")
        self.pages = {FOLDER: folder, BUCKET: bucket}
        self.kind.setAccessibleName("What happens to old files")
        names = ("Folder", "Bucket", "Folder in the bucket", "Endpoint", "Region")
        for field, words in zip(self._fields(), names, strict=True):
            field.setAccessibleName(words)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.kind)
        for page in self.pages.values():
            column.addWidget(page)
        column.addStretch(1)
