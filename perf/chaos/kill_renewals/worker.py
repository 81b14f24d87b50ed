"""A worker of the trial, in a process of its own: `python -m … URL FOLDER SEED SHARE`."""

import asyncio
import sys
from pathlib import Path
from random import Random

from perf.chaos.kill_renewals.billing import trial_billing

_PAUSE_SECONDS = 0.02


async def work(url: str, folder: Path, seed: int, share: float) -> None:
    """Do what is due until the process is killed."""
    async with trial_billing(url, folder, Random(seed), share=share) as billing:
        while True:
            done = await billing.renewals.run_due()
            done += await billing.charging.finish_overdue()
            done += await billing.charging.give_up_expired()
            if done == 0:
                await asyncio.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    url, folder, seed, share = sys.argv[1:]
    asyncio.run(work(url, Path(folder), int(seed), float(share)))
