"""Print the JSON Schema of the document: ``python -m insilico_gui.experiment.document``."""

from __future__ import annotations

import json

from insilico_gui.experiment.document import json_schema

print(json.dumps(json_schema(), indent=1))
