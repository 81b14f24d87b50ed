"""What statements return: read-only rows, which go up to where the answer is encoded from them.

Whatever a service decides on is made a frozen record first.
"""

from typing import TypeAlias

from asyncpg import Record

Row: TypeAlias = Record
