"""An index that is dropped is missed by the document that reads by it, whatever else there is."""

import asyncio
from pathlib import Path

import pytest

from tests.perf.gate.missing_index import without_index
from tests.perf.planted.planted_source import Source, assert_caught
