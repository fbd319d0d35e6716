"""Reports in, cases out, verbs applied, words understood: `/api/v1/reports`, `…/cases`, `…/proposals`."""

from ninja import Router

from . import acting as acting
from . import looking as looking
from . import proposing as proposing
from . import reporting as reporting

router = Router()
router.add_router("", reporting.router)
router.add_router("", looking.router)
router.add_router("", acting.router)
router.add_router("", proposing.router)
