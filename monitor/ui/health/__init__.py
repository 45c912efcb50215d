"""The health panel: how each service of the stream, the connection and the recorder are doing."""
