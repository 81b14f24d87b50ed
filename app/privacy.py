"""Privacy: exports and erasures, their files and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from app.secret import kept_secret
from app.settings import Settings
from db.database import Database
from services.clock import Clock
from services.people import REMEMBERED_SECONDS
from services.privacy.carrying import Carrying
from services.privacy.erasing import Erasing, Forget
from services.privacy.exporting import Exporting
from services.privacy.files import ExportFiles
from services.privacy.links import Links
from services.privacy.service import PrivacyService

_FOLDER = "exports"
_LINK_SECRET = "link-secret"  # noqa: S105 - the name of its file


@dataclass(frozen=True, slots=True)
class Privacy:
    """The parts of privacy."""

    links: Links
    files: ExportFiles
    service: PrivacyService
    carrying: Carrying
    exporting: Exporting
    erasing: Erasing


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
        cache(lambda: kept_secret(settings.guidance_data_dir, _LINK_SECRET).encode()),
        base_url=settings.public_base_url,
    )
    files = ExportFiles(settings.guidance_data_dir / _FOLDER)
    patient = database.in_background()
    return Privacy(
        links=links,
        files=files,
        service=PrivacyService(
            database, grace=timedelta(days=settings.erasure_grace_days), clock=clock
        ),
        carrying=Carrying(patient, clock=clock),
        exporting=Exporting(
            patient,
            files,
            links,
            retention=timedelta(days=settings.export_retention_days),
            clock=clock,
        ),
        erasing=Erasing(
            patient,
            files,
            forget=forget,
            forget_replies=forget_replies,
            sign_out_seconds=REMEMBERED_SECONDS,
            clock=clock,
        ),
    )
