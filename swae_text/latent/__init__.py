"""Operations on vectors: paths, attribute directions. Pure: no files, devices or printing."""
