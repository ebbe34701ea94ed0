"""Work over folders of Parquet shards: one out for each in, by several processes, resumable."""
