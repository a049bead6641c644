"""Reads a dashboard with Grafana's own model of it, and says what the model does not know or would write otherwise.

python3 read_dashboard.py <wheel of grafana-foundation-sdk> <dashboard.json>
"""

import json
import sys

wheel, path = sys.argv[1:]
# A wheel is a zip file of pure Python, which is imported from as it is.
sys.path.insert(0, wheel)

from grafana_foundation_sdk.cog import plugins  # noqa: E402
from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: E402
from grafana_foundation_sdk.models.dashboard import Dashboard  # noqa: E402


def differences(written, read, at=""):
    """What is in the file and not, or otherwise, in what the model makes of it. Defaults that the model adds are no difference."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if key in read:
                yield from differences(value, read[key], f"{at}.{key}")
            else:
                yield f"{at}.{key} is not known"
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for index, (one, other) in enumerate(zip(written, read)):
            yield from differences(one, other, f"{at}[{index}]")
    elif written != read:
        yield f"{at} is {json.dumps(written)}, read as {json.dumps(read)}"


plugins.register_default_plugins()
with open(path, encoding="utf8") as file:
    dashboard = json.load(file)
model = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
found = list(differences(dashboard, model))
for difference in found:
    print(difference)
sys.exit(1 if found else 0)
