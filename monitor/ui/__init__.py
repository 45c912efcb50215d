"""Everything on the screen: one folder a panel, handed ports, importing PySide6."""
