"""Prints what pyarrow reads: the type of each column, and the rows as text.

python3 read_parquet.py <folder with pyarrow> <file, or folder in Hive layout>
"""

import json
import os
import sys

folder, path = sys.argv[1:]
sys.path.insert(0, folder)

import pyarrow.dataset  # noqa: E402
import pyarrow.parquet  # noqa: E402

if os.path.isdir(path):
    table = pyarrow.dataset.dataset(path, format="parquet", partitioning="hive").to_table()
else:
    # Without the names of the folders above, which would be columns.
    table = pyarrow.parquet.read_table(path, partitioning=None)


def text(value):
    return value if value is None else value.hex() if isinstance(value, bytes) else str(value)


print(
    json.dumps(
        {
            "types": {field.name: str(field.type) for field in table.schema},
            "rows": [{name: text(value) for name, value in row.items()} for row in table.to_pylist()],
        }
    )
)
