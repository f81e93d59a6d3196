"""One thing that has to be created at a provider: what it costs and what it lets others do."""

from typing import Protocol

from migrator.model.option import CostItem, PriceBook, Resource
from migrator.resources import (
    aws_api_destination,
    aws_batch_job_definition,
    aws_batch_job_queue,
    aws_cloudwatch_event_bus,
    aws_cloudwatch_event_rule,
    aws_cloudwatch_log_group,
    aws_cloudwatch_metric_alarm,
    aws_daily_check,
    aws_dynamodb_table,
    aws_ecs_cluster,
    aws_ecs_task_definition,
    aws_iam_role,
    aws_lambda_event_source_mapping,
    aws_lambda_function,
    aws_lambda_function_event_invoke_config,
    aws_s3_bucket,
    aws_scheduler_schedule,
    aws_secretsmanager_secret,
    aws_sfn_state_machine,
    aws_sns_topic,
    aws_sqs_queue,
    azure_application_insights,
    azure_container_app_environment,
    azure_container_app_job,
    azure_function_app,
    azure_function_storage,
    azure_key_vault_secret,
    azure_log_analytics_workspace,
    azure_monitor_action_group,
    azure_monitor_scheduled_query_alert,
    azure_storage_account,
    azure_storage_container,
    azure_user_assigned_identity,
    gcp_cloud_run_v2_job,
    gcp_cloud_run_v2_service,
    gcp_cloud_scheduler_http_job,
    gcp_cloud_scheduler_job,
    gcp_monitoring_alert_policy,
    gcp_monitoring_http_alert,
    gcp_monitoring_notification_channel,
    gcp_secret_manager_secret,
    gcp_service_account,
    gcp_storage_bucket,
    kubernetes_cron_job,
    kubernetes_service_account,
)


class ResourceKind(Protocol):
    """One kind of resource; its templates lie in `templates/resources/<KIND>/`."""

    KIND: str
    PROVIDER: str
    LANGUAGES: tuple[str, ...]  # a fragment for each: terraform.tf, sam.yaml, bicep ...

    def cost(self, resource: Resource, region: str, prices: PriceBook) -> tuple[CostItem, ...]:
        """Line items at list price before the account's free tiers. Raises `PriceError` if a price is missing."""


ALL: tuple[ResourceKind, ...] = (
    aws_api_destination,
    aws_batch_job_definition,
    aws_batch_job_queue,
    aws_cloudwatch_event_bus,
    aws_cloudwatch_event_rule,
    aws_cloudwatch_log_group,
    aws_cloudwatch_metric_alarm,
    aws_daily_check,
    aws_dynamodb_table,
    aws_ecs_cluster,
    aws_ecs_task_definition,
    aws_iam_role,
    aws_lambda_event_source_mapping,
    aws_lambda_function,
    aws_lambda_function_event_invoke_config,
    aws_s3_bucket,
    aws_scheduler_schedule,
    aws_secretsmanager_secret,
    aws_sfn_state_machine,
    aws_sns_topic,
    azure_application_insights,
    azure_container_app_environment,
    azure_container_app_job,
    azure_function_app,
    azure_function_storage,
    azure_key_vault_secret,
    azure_log_analytics_workspace,
    azure_monitor_action_group,
    azure_monitor_scheduled_query_alert,
    azure_storage_account,
    azure_storage_container,
    azure_user_assigned_identity,
    gcp_cloud_run_v2_job,
    gcp_cloud_run_v2_service,
    gcp_cloud_scheduler_http_job,
    gcp_cloud_scheduler_job,
    gcp_monitoring_alert_policy,
    gcp_monitoring_http_alert,
    gcp_monitoring_notification_channel,
    gcp_secret_manager_secret,
    gcp_service_account,
    gcp_storage_bucket,
    kubernetes_cron_job,
    kubernetes_service_account,
    aws_sqs_queue,
)
