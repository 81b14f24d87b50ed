"""Printing in a process of its own, since a page takes a fifth of a second of processor time.

With the start of the process it is about a second; nobody else's requests wait for it meanwhile.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import asdict

import orjson

from services.invoicing.printing.content import PrintedInvoice

MOST_AT_ONCE = 2
LONGEST_SECONDS = 30.0
_PROGRAM = ("-m", "services.invoicing.printing.document")
_INHERITED = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "HOME", "TMPDIR")


class PrintingFailed(Exception):
    """The process gave no document in time."""


class Press:
    """Prints at most `MOST_AT_ONCE` invoices of a process at a time; others wait their turn."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def print(self, invoice: PrintedInvoice) -> bytes:
        """The invoice as a PDF; raises `PrintingFailed`."""
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_PROGRAM,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                # It needs none of our secrets.
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            )
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    printed, _ = await process.communicate(orjson.dumps(asdict(invoice)))
            except TimeoutError:
                raise PrintingFailed from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0:
            raise PrintingFailed
        return printed
