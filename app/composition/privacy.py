"""Privacy: exports and erasures, their files and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from app.composition.secrets import stored_secret
from app.settings import Settings
from db.database import Database
from services.callers.people import REMEMBERED_SECONDS
from services.clock import Clock
from services.privacy.erasure import ErasureHandler, Forget
from services.privacy.erasure_ledger import ErasureLedger
from services.privacy.exports.downloads import Downloads
from services.privacy.exports.files import ExportFiles
from services.privacy.exports.handler import ExportHandler
from services.privacy.links import Links
from services.privacy.restored_people import RestoredPeople
from services.privacy.runner import PrivacyRequestRunner
from services.privacy.service import PrivacyService

_FOLDER = "exports"
_LINK_SECRET = "link-secret"  # noqa: S105 - the name of its file


@dataclass(frozen=True, slots=True)
class Privacy:
    """The parts of privacy."""

    links: Links
    downloads: Downloads
    service: PrivacyService
    runner: PrivacyRequestRunner
    exporting: ExportHandler
    erasing: ErasureHandler
    restored: RestoredPeople | None
    """None where no ledger of erasures is kept."""


def open_privacy(
    settings: Settings,
    database: Database,
    *,
    forget: Sequence[Forget],
    forget_replies: Forget,
    clock: Clock,
) -> Privacy:
    """Build privacy; each of `forget` is called with the user whom its cache must drop."""
    links = Links(
        cache(lambda: stored_secret(settings.guidance_data_dir, _LINK_SECRET).encode()),
        base_url=settings.public_base_url,
    )
    files = ExportFiles(settings.guidance_data_dir / _FOLDER)
    patient = database.in_background()
    path = settings.erasure_ledger_file
    ledger = None if path is None else ErasureLedger(path)
    return Privacy(
        links=links,
        downloads=Downloads(database, files, clock=clock),
        service=PrivacyService(
            database, grace=timedelta(days=settings.erasure_grace_days), clock=clock
        ),
        runner=PrivacyRequestRunner(patient, clock=clock),
        exporting=ExportHandler(
            patient,
            files,
            links,
            retention=timedelta(days=settings.export_retention_days),
            clock=clock,
        ),
        erasing=ErasureHandler(
            patient,
            files,
            forget=forget,
            forget_replies=forget_replies,
            sign_out_seconds=REMEMBERED_SECONDS,
            ledger=ledger,
            clock=clock,
        ),
        restored=None if ledger is None else RestoredPeople(database, ledger, clock=clock),
    )
