"""The published JSON Schemas, ready to check what was written."""

from __future__ import annotations

import json

import jsonschema
from referencing import Registry, Resource

from augderm.formats import assessment_json, map_files


def maps_validator() -> jsonschema.Draft202012Validator:
    """Of `augderm.maps/1`, which refers to the schema of assessments."""
    schemas = [
        json.loads(file.SCHEMA_FILE.read_text(encoding="utf-8")) for file in (assessment_json, map_files)
    ]
    registry: Registry[object] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    return jsonschema.Draft202012Validator(schemas[1], registry=registry)
