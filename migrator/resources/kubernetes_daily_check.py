"""The daily check of all jobs of a namespace: one small CronJob with its account, instead of an alarm for each job.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

import msgspec

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.resources import kubernetes_cron_job

KIND = "kubernetes_daily_check"
PROVIDER = "kubernetes"
LANGUAGES: tuple[str, ...] = ("kubernetes",)
NOTE = "the daily check, once for all jobs; unknown: no price list says what capacity of this cluster costs"


def cost(resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
    """What one run a day asks of the cluster, without a price."""
    lines = kubernetes_cron_job.cost(resource, region, prices)
    return tuple(msgspec.structs.replace(line, name="daily check capacity", note=NOTE, shared=True) for line in lines)
