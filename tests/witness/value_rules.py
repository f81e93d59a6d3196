"""What each planned value of an Azure or Google resource may be: enums of Azure's SDK, ranges and patterns of their pages.

Terraform's schemas know types only. The tables are whole: a value that has no rule, and is not said to be free text, fails.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Rule(NamedTuple):
    """What a value may be, in words, and whether one is."""

    words: str
    holds: Callable[[Any], bool]


def among(*values: object) -> Rule:
    """One of these."""
    return Rule(f"one of {values}", lambda value: value in values)


def enum(place: str) -> Rule:
    """A member of an enum of Azure's SDK."""
    module, name = place.split()
    members = {member.value for member in getattr(importlib.import_module(module), name)}
    return Rule(f"one of {sorted(members)}", lambda value: value in members)


def within(low: float, high: float) -> Rule:
    """A number from low to high."""
    return Rule(f"from {low} to {high}", lambda value: not isinstance(value, bool) and low <= float(value) <= high)


def seconds(low: float, high: float) -> Rule:
    """`90s`, from low to high."""
    return Rule(
        f"from {low}s to {high}s", lambda value: value.endswith("s") and value[:-1].isdigit() and low <= int(value[:-1]) <= high
    )


def like(pattern: str) -> Rule:
    """A text of this form, all of it."""
    return Rule(f"like {pattern}", lambda value: re.fullmatch(pattern, value) is not None)


def cron(*fields: tuple[int, int]) -> Rule:
    """A cron expression whose fields hold numbers, lists, ranges and steps, each within these."""

    def is_field(text: str, low: int, high: int) -> bool:
        for part in text.split(","):
            match = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
            if match is None or (match[3] is not None and not 1 <= int(match[3]) <= high):
                return False
            numbers = [int(number) for number in match.groups()[:2] if number is not None]
            if any(not low <= number <= high for number in numbers) or numbers != sorted(numbers):
                return False
        return True

    def holds(value: str) -> bool:
        words = value.split(" ")
        return len(words) == len(fields) and all(is_field(word, *field) for word, field in zip(words, fields, strict=True))

    return Rule(f"{len(fields)} fields of cron within {fields}", holds)


ON_OFF = Rule("true or false", lambda value: isinstance(value, bool))
EVERY_MINUTE = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))  # minute, hour, day, month, weekday
AZURE_NAME = like(r"[a-zA-Z0-9]([\w.-]{0,258}[a-zA-Z0-9_])?")
SYSTEM_OR_USER = among("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")
# https://learn.microsoft.com/azure/templates/microsoft.insights/metricalerts: how often, over what
FREQUENCIES, WINDOWS = (
    among("PT1M", "PT5M", "PT15M", "PT30M", "PT1H"),
    among("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"),
)
# metric -> its namespace; https://learn.microsoft.com/azure/azure-monitor/reference/metrics-index
METRICS = {
    "DeadletteredMessages": "Microsoft.ServiceBus/namespaces",
    "DeadLetteredCount": "Microsoft.EventGrid/systemTopics",
    "DroppedEventCount": "Microsoft.EventGrid/systemTopics",
    "RunsFailed": "Microsoft.Logic/workflows",
}
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles: roles that exist, as they are spelled
ROLES = among(
    "AcrPull", "Azure Service Bus Data Receiver", "Azure Service Bus Data Sender", "Key Vault Secrets User",
    "Storage Blob Data Contributor", "Storage Blob Data Owner", "Storage Blob Data Reader",
    "Storage Queue Data Contributor", "Storage Table Data Contributor",
    "Storage Queue Data Message Processor", "Storage Queue Data Message Sender", "Storage Queue Data Reader",
)  # fmt: skip
BLOB_EVENTS = enum("azure.mgmt.eventgrid.models EventDeliverySchema")

AZURE: dict[str, dict[str, Rule]] = {
    "application_insights": {
        "name": like(r"[\w().-]{1,260}"),
        "application_type": enum("azure.mgmt.applicationinsights.v2020_02_02.models ApplicationType"),
        "sampling_percentage": within(0, 100),
    },
    "container_app_environment": {
        "logs_destination": among("log-analytics", "azure-monitor"),
        # https://learn.microsoft.com/azure/container-apps/workload-profiles-overview
        "workload_profile.workload_profile_type": among("Consumption"),
        "workload_profile.name": among("Consumption"),
        "name": like(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?"),
    },
    "container_app_job": {
        "identity.type": SYSTEM_OR_USER,
        "name": like(r"(?!.*--)[a-z]([a-z0-9-]{0,30}[a-z0-9])?"),
        "manual_trigger_config.parallelism": within(1, 1),
        "manual_trigger_config.replica_completion_count": within(1, 1),
        "schedule_trigger_config.parallelism": within(1, 1),
        "schedule_trigger_config.replica_completion_count": within(1, 1),
        "schedule_trigger_config.cron_expression": cron(*EVERY_MINUTE),
        "replica_retry_limit": within(0, 0),  # one attempt, as cron has
        "replica_timeout_in_seconds": within(1, 604_800),
        # https://learn.microsoft.com/azure/container-apps/containers#allocations
        "template.container.cpu": among(*(n / 4 for n in range(1, 17))),
        "template.container.memory": among(*(f"{n / 2:g}Gi" for n in range(1, 17))),
        "template.container.name": like(r"[a-z0-9]([-a-z0-9]{0,62}[a-z0-9])?"),
        "template.container.image": like(r"[\w.-]+(:\d+)?/[a-z0-9._/-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)"),
        "template.container.env.name": like(r"[A-Za-z_]\w*"),
        "template.container.env.secret_name": like(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"),
        "secret.name": like(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"),
        "secret.key_vault_secret_id": like(r"https://[\w-]{3,24}\.vault\.azure\.net/secrets/[0-9a-zA-Z-]{1,127}"),
        "registry.server": like(r"[a-z0-9]{5,50}\.azurecr\.io"),
        "workload_profile_name": among("Consumption"),
    },
    "eventgrid_system_topic": {
        "identity.type": SYSTEM_OR_USER,
        "name": like(r"[a-zA-Z0-9-]{3,128}"),
        "topic_type": among("Microsoft.Storage.StorageAccounts"),
    },
    "eventgrid_system_topic_event_subscription": {
        "advanced_filter.string_in.key": among("data.api"),
        # https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage: what BlobCreated says of the call
        "advanced_filter.string_in.values": among("CopyBlob", "FlushWithClose", "PutBlob", "PutBlockList"),
        "dead_letter_identity.type": SYSTEM_OR_USER,
        "delivery_identity.type": SYSTEM_OR_USER,
        "event_delivery_schema": BLOB_EVENTS,
        "included_event_types": among("Microsoft.Storage.BlobCreated"),
        "name": like(r"[a-zA-Z0-9-]{3,64}"),
        "retry_policy.event_time_to_live": within(1, 1440),
        "retry_policy.max_delivery_attempts": within(1, 30),
        "storage_blob_dead_letter_destination.storage_blob_container_name": like(r"(?!.*--)[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])"),
        "subject_filter.case_sensitive": ON_OFF,
        "subject_filter.subject_begins_with": like(r"/blobServices/default/containers/[a-z0-9-]+/blobs/.*"),
        "system_topic": like(r"[a-zA-Z0-9-]{3,128}"),
    },
    "function_app_flex_consumption": {
        "https_only": ON_OFF,
        "identity.type": SYSTEM_OR_USER,
        # https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes
        "instance_memory_in_mb": among(512, 2048, 4096),
        "maximum_instance_count": within(1, 1000),
        "name": like(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])"),
        "runtime_name": among("python"),
        "runtime_version": among("3.10", "3.11", "3.12", "3.13"),
        "site_config.minimum_tls_version": enum("azure.mgmt.web.models SupportedTlsVersions"),
        "storage_authentication_type": enum("azure.mgmt.web.models AuthenticationType"),
        "storage_container_type": enum("azure.mgmt.web.models FunctionsDeploymentStorageType"),
        "webdeploy_publish_basic_authentication_enabled": ON_OFF,
    },
    "log_analytics_workspace": {
        # https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure: 7 for Free only
        "retention_in_days": within(30, 730),
        "sku": enum("azure.mgmt.loganalytics.models WorkspaceSkuNameEnum"),
        "name": like(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"),
    },
    "logic_app_action_custom": {"name": like(r"[\w-]{1,80}")},
    "logic_app_trigger_custom": {"name": like(r"[\w-]{1,80}")},
    "logic_app_workflow": {"enabled": ON_OFF, "identity.type": SYSTEM_OR_USER, "name": like(r"[\w().-]{1,80}")},
    "monitor_action_group": {"short_name": like(r".{1,12}"), "name": like(r"[^:<>+/&%\\?|]{1,260}")},
    "monitor_metric_alert": {
        "criteria.aggregation": enum("azure.mgmt.monitor.models AggregationTypeEnum"),
        "criteria.dimension.name": among("EntityName"),
        "criteria.dimension.operator": among("Include", "Exclude", "StartsWith"),
        "criteria.metric_name": among(*METRICS),
        "criteria.metric_namespace": among(*METRICS.values()),
        "criteria.operator": enum("azure.mgmt.monitor.models Operator"),
        "criteria.threshold": within(0, 0),
        "frequency": FREQUENCIES,
        "window_size": WINDOWS,
        "severity": within(0, 4),
        "name": like(r"[^*#&+:<>?@%{}\\/|]{1,260}"),
    },
    "monitor_scheduled_query_rules_alert_v2": {
        "criteria.dimension.name": among("Job"),
        "name": like(r"[^*#&+:<>?@%{}\\/|]{1,260}"),
        "criteria.dimension.operator": enum("azure.mgmt.monitor.models DimensionOperator"),
        "criteria.operator": enum("azure.mgmt.monitor.models ConditionOperator"),
        "criteria.threshold": within(0, 0),
        "criteria.time_aggregation_method": enum("azure.mgmt.monitor.models TimeAggregation"),
        # https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
        "evaluation_frequency": among("PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT6H", "P1D"),
        "window_duration": among("PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT6H", "P1D", "P2D"),
        "severity": within(0, 4),
        "skip_query_validation": ON_OFF,
    },
    "role_assignment": {
        "principal_type": enum("azure.mgmt.authorization.v2022_04_01.models PrincipalType"),
        "role_definition_name": ROLES,
    },
    "role_definition": {
        # https://learn.microsoft.com/azure/role-based-access-control/custom-roles#custom-role-properties
        "name": like(r".{1,512}"),
        # https://learn.microsoft.com/azure/role-based-access-control/permissions/compute, and .../web-and-mobile
        "permissions.actions": among("Microsoft.App/jobs/read", "Microsoft.Web/sites/read", "Microsoft.Web/sites/functions/read"),
    },
    "service_plan": {"os_type": among("Linux", "Windows"), "sku_name": among("FC1"), "name": like(r"[a-zA-Z0-9-]{1,60}")},
    "servicebus_namespace": {
        "local_auth_enabled": ON_OFF,
        "minimum_tls_version": among("1.2"),
        "name": like(r"[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]"),
        "sku": enum("azure.mgmt.servicebus.models SkuName"),
    },
    "servicebus_queue": {
        "dead_lettering_on_message_expiration": ON_OFF,
        "default_message_ttl": like(r"P([1-9]|1[0-4])D"),  # two weeks at most on Basic
        "lock_duration": like(r"PT([1-5]M|\d{1,3}S)"),  # five minutes at most
        "max_delivery_count": within(1, 2000),
        "name": AZURE_NAME,
    },
    "storage_account": {
        "account_replication_type": among("LRS", "GRS", "RAGRS", "ZRS", "GZRS", "RAGZRS"),
        "account_tier": enum("azure.mgmt.storage.models SkuTier"),
        "allow_nested_items_to_be_public": ON_OFF,
        "blob_properties.versioning_enabled": ON_OFF,
        "min_tls_version": enum("azure.mgmt.storage.models MinimumTlsVersion"),
        "name": like(r"[a-z0-9]{3,24}"),
        "shared_access_key_enabled": ON_OFF,
    },
    "storage_container": {
        "container_access_type": among("private"),
        "name": like(r"(?!.*--)[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])"),
    },
    "storage_queue": {"name": like(r"(?!.*--)[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])")},
    "storage_management_policy": {
        "rule.actions.base_blob.delete_after_days_since_creation_greater_than": within(0, 99_999),
        "rule.actions.version.delete_after_days_since_creation": within(0, 99_999),
        "rule.enabled": ON_OFF,
        "rule.filters.blob_types": among("blockBlob", "appendBlob"),
        "rule.filters.prefix_match": like(r"[a-z0-9-]{3,63}/.*"),
        "rule.name": like(r"[a-zA-Z0-9-]{1,256}"),
    },
    "user_assigned_identity": {"name": like(r"[a-zA-Z0-9][\w-]{2,127}")},
}
# ids, places and texts that the service takes as they are
AZURE_FREE = re.compile(
    r"tags\..*|(.*\.)?(description|resource_group_name|location|scope|source_resource_id)|template\.container\.env\.value"
    r"|body|criteria\.(query|dimension\.values)|app_settings\.(?!MIGRATOR_SCHEDULE_|.*\.Disabled).*"
)
APP_SETTINGS = (  # those that the Functions host reads
    (r"MIGRATOR_SCHEDULE_\d+", cron((0, 59), *EVERY_MINUTE)),  # NCRONTAB: with seconds
    (r"AzureWebJobs\.\w+\.Disabled", among("true", "false")),
)
GOOGLE: dict[str, dict[str, Rule]] = {
    "cloud_run_v2_job": {
        "name": like(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"),
        "template.parallelism": within(1, 1),
        "template.task_count": within(1, 1),
        # https://cloud.google.com/run/docs/configuring/services/cpu: whole processors
        "template.template.containers.resources.limits.cpu": among("1", "2", "4", "6", "8"),
        "template.template.containers.resources.limits.memory": like(r"(\d+Mi|([1-9]|[12]\d|3[0-2])Gi)"),
        "template.template.containers.env.name": like(r"[A-Za-z_]\w*"),
        "template.template.max_retries": within(0, 0),
        "template.template.timeout": seconds(1, 604_800),
    },
    "cloud_run_v2_service": {
        "name": like(r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?"),
        "template.containers.resources.limits.cpu": among("1", "2", "4", "6", "8"),
        "template.containers.resources.limits.memory": like(r"(\d+Mi|([1-9]|[12]\d|3[0-2])Gi)"),
        "template.containers.env.name": like(r"[A-Za-z_]\w*"),
        "template.max_instance_request_concurrency": within(1, 1000),
        "template.scaling.max_instance_count": within(1, 1000),
        "template.scaling.min_instance_count": within(0, 1000),
        "template.timeout": seconds(1, 3600),
    },
    "cloud_scheduler_job": {
        "attempt_deadline": seconds(15, 1800),
        "description": like(r"(?s).{0,500}"),
        "name": like(r"[\w-]{1,500}"),
        "retry_config.retry_count": within(0, 5),
        "retry_config.min_backoff_duration": seconds(0, 3600),
        "retry_config.max_backoff_duration": seconds(0, 3600),
        "schedule": cron(*EVERY_MINUTE),
        "time_zone": like(r"UTC|[A-Z]\w+(/[\w+-]+){1,2}"),
        "http_target.uri": like(r"https?://[^\s]+"),
    },
    "logging_project_bucket_config": {
        "retention_days": within(1, 3650),  # https://cloud.google.com/logging/docs/buckets
    },
    "monitoring_alert_policy": {
        "alert_strategy.auto_close": seconds(1800, 604_800),
        "alert_strategy.notification_rate_limit.period": seconds(300, 172_800),
        "conditions.condition_threshold.aggregations.alignment_period": seconds(60, 90_000),
        "conditions.condition_threshold.duration": Rule(
            "whole minutes", lambda value: seconds(0, 84_600).holds(value) and int(value[:-1]) % 60 == 0
        ),
        "conditions.condition_threshold.threshold_value": within(0, 0),
        "documentation.mime_type": among("text/markdown"),
        "display_name": like(r".{1,512}"),
    },
    "pubsub_subscription": {
        "ack_deadline_seconds": within(10, 600),
        "dead_letter_policy.max_delivery_attempts": within(5, 100),
        "message_retention_duration": seconds(600, 604_800),
        "name": like(r"(?!goog)[A-Za-z][-\w.~+%]{2,254}"),
        "retry_policy.maximum_backoff": seconds(0, 600),
        "retry_policy.minimum_backoff": seconds(0, 600),
    },
    "pubsub_topic": {"name": like(r"(?!goog)[A-Za-z][-\w.~+%]{2,254}")},
    "service_account": {"account_id": like(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])"), "description": like(r"(?s).{0,256}")},
    "project_iam_custom_role": {
        "permissions": like(r"[a-z]+(\.[A-Za-z]+){2}"),
        "role_id": like(r"[a-zA-Z0-9_.]{3,64}"),
        "title": like(r".{1,100}"),
    },
    "storage_bucket": {
        "lifecycle_rule.action.type": among("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"),
        "lifecycle_rule.condition.age": within(0, 99_999),
        "lifecycle_rule.condition.days_since_noncurrent_time": within(0, 99_999),
        "name": like(r"(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"),
        "public_access_prevention": among("enforced", "inherited"),
    },
    "storage_bucket_iam_member": {"condition.title": like(r".{1,100}")},
    "workflows_workflow": {"name": like(r"[A-Za-z]([-\w]{0,62}[A-Za-z0-9])?"), "source_contents": like(r"(?s).{1,131072}")},
}
NUMBER = re.compile(r"\d+(\.\d+)?(s|Mi|Gi)?")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that is known, by its path; a list's items have the list's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif value is not None:
        yield path, value


def wrong(kind: str, values: dict[str, Any]) -> list[str]:
    """What of a planned resource breaks a rule, or has none."""
    provider, _, name = kind.partition("_")
    rules = (AZURE if provider == "azurerm" else GOOGLE).get(name, {})
    out = []
    for path, value in leaves(values):
        rule = rules.get(path)
        if rule is None and provider == "azurerm" and path.startswith("app_settings."):
            rule = next((one for pattern, one in APP_SETTINGS if re.fullmatch(pattern, path.partition(".")[2])), None)
        if rule is not None:
            if not rule.holds(value):
                out.append(f"{path}: {value!r} is not {rule.words}")
        elif provider == "azurerm" and AZURE_FREE.fullmatch(path) is None:
            out.append(f"{path}: {value!r} has no rule")
        elif provider == "google" and not isinstance(value, bool) and NUMBER.fullmatch(str(value)) and _is_amount(path):
            out.append(f"{path}: {value!r} is an amount without a rule")
    return out


def _is_amount(path: str) -> bool:
    """False for texts that may be digits: what is said in a header, in an environment."""
    return re.search(r"headers\.|\.env\.value|secret_key_ref|\.version$", path) is None
