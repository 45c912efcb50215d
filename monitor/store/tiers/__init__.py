"""Old rows of the streamed tables in Parquet files, a file a table and New York day, and reading them all as one."""
