"""Reports in, cases out, verbs applied: `/api/v1/reports` and `/api/v1/cases`."""

from ninja import Router

from . import acting as acting
from . import looking as looking
from . import reporting as reporting

router = Router()
router.add_router("", reporting.router)
router.add_router("", looking.router)
router.add_router("", acting.router)
