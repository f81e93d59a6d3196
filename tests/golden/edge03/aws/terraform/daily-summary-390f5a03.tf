resource "aws_cloudwatch_log_group" "daily_summary_390f5a03_logs" {
  name              = "/aws/lambda/${var.name_prefix}daily-summary-390f5a03"
  retention_in_days = 30
}

resource "aws_iam_role" "daily_summary_390f5a03_role" {
  name                 = "${var.name_prefix}daily-summary-390f5a03-role"
  description          = "What Summary of the day may do"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "daily_summary_390f5a03_role" {
  name = "exactly-this"
  role = aws_iam_role.daily_summary_390f5a03_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "WriteLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = [
          "${aws_cloudwatch_log_group.daily_summary_390f5a03_logs.arn}:*",
        ]
      },
      {
        Sid    = "SendNotices"
        Effect = "Allow"
        Action = [
          "sns:Publish",
        ]
        Resource = [
          aws_sns_topic.notices.arn,
        ]
      },
      {
        Sid    = "HoldLock"
        Effect = "Allow"
        Action = [
          "dynamodb:PutItem",
        ]
        Resource = [
          aws_dynamodb_table.locks.arn,
        ]
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["daily-summary-390f5a03"] } }
      },
    ]
  })
}

data "archive_file" "daily_summary_390f5a03" {
  type             = "zip"
  source_dir       = "${path.module}/../../jobs/daily-summary-390f5a03"
  excludes         = ["Dockerfile", "README.md", "test_job.py"]
  output_file_mode = "0755"
  output_path      = "${path.module}/.build/daily_summary_390f5a03.zip"
}

resource "aws_lambda_function" "daily_summary_390f5a03" {
  function_name = "${var.name_prefix}daily-summary-390f5a03"
  description   = "Summary of the day: was /var/spool/cron/crontabs/sensor:5 on edge03"
  role          = aws_iam_role.daily_summary_390f5a03_role.arn
  architectures = ["x86_64"]
  memory_size   = 512
  timeout       = 60

  package_type     = "Zip"
  runtime          = "python3.13"
  handler          = "handler.handler"
  filename         = data.archive_file.daily_summary_390f5a03.output_path
  source_code_hash = data.archive_file.daily_summary_390f5a03.output_base64sha256

  ephemeral_storage {
    size = 512
  }

  environment {
    variables = {
      MIGRATOR_NOTICE_TOPIC = aws_sns_topic.notices.arn

      MIGRATOR_LOCK_TABLE = aws_dynamodb_table.locks.arn
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.daily_summary_390f5a03_logs.name
  }

  depends_on = [aws_iam_role_policy.daily_summary_390f5a03_role]
}

# one attempt, as cron has it; what failed or came too late goes to the notices
resource "aws_lambda_function_event_invoke_config" "daily_summary_390f5a03_one_attempt" {
  function_name                = aws_lambda_function.daily_summary_390f5a03.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 900

  destination_config {
    on_failure {
      destination = aws_sns_topic.notices.arn
    }
  }
}

resource "aws_iam_role" "daily_summary_390f5a03_scheduler_role" {
  name                 = "${var.name_prefix}daily-summary-390f5a03-scheduler-role"
  description          = "Starts Summary of the day"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "daily_summary_390f5a03_scheduler_role" {
  name = "exactly-this"
  role = aws_iam_role.daily_summary_390f5a03_scheduler_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "StartFunction"
        Effect = "Allow"
        Action = [
          "lambda:InvokeFunction",
        ]
        Resource = [
          aws_lambda_function.daily_summary_390f5a03.arn,
        ]
      },
      {
        Sid    = "KeepUndelivered"
        Effect = "Allow"
        Action = [
          "sqs:SendMessage",
        ]
        Resource = [
          aws_sqs_queue.undelivered.arn,
        ]
      },
    ]
  })
}

resource "aws_scheduler_schedule" "daily_summary_390f5a03_schedule" {
  name                         = "${var.name_prefix}daily-summary-390f5a03"
  description                  = "Summary of the day: was /var/spool/cron/crontabs/sensor:5 on edge03"
  schedule_expression          = "cron(20 0 * * ? *)"
  schedule_expression_timezone = "Europe/London"
  state                        = var.schedules_enabled || contains(var.enabled_jobs, "daily-summary-390f5a03") ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.daily_summary_390f5a03.arn
    role_arn = aws_iam_role.daily_summary_390f5a03_scheduler_role.arn
    input    = "{\"execution_id\": \"<aws.scheduler.execution-id>\", \"expression\": 0, \"job_id\": \"daily-summary-390f5a03\", \"scheduled_time\": \"<aws.scheduler.scheduled-time>\"}"

    # tries of the delivery, all with the same scheduled instant; the run itself is tried once
    retry_policy {
      maximum_event_age_in_seconds = 900
      maximum_retry_attempts       = 3
    }

    # what could not be delivered at all, with the reason
    dead_letter_config {
      arn = aws_sqs_queue.undelivered.arn
    }
  }
}
