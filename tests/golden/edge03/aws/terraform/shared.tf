# Once a day: what should have run, by the proved calendars, against the records that the runs left.
data "archive_file" "daily_check" {
  type             = "zip"
  source_dir       = "${path.module}/../../daily-check/aws"
  output_file_mode = "0755"
  output_path      = "${path.module}/.build/daily_check.zip"
}

resource "aws_cloudwatch_log_group" "daily_check_logs" {
  name              = "/aws/lambda/${var.name_prefix}daily-check"
  retention_in_days = 30
}

resource "aws_iam_role" "daily_check_role" {
  name                 = "${var.name_prefix}daily-check-role"
  description          = "What the daily check may do: read the entries of all jobs, ask what is paused, write its own marks, send notices"
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

resource "aws_iam_role_policy" "daily_check_role" {
  name = "exactly-this"
  role = aws_iam_role.daily_check_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.daily_check_logs.arn}:*"]
      },
      {
        Sid      = "ReadRecords"
        Effect   = "Allow"
        Action   = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.locks.arn]
      },
      {
        Sid       = "WriteOwnMarks"
        Effect    = "Allow"
        Action    = ["dynamodb:PutItem"]
        Resource  = [aws_dynamodb_table.locks.arn]
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["daily-check/*"] } }
      },
      {
        Sid      = "AskWhatIsPaused"
        Effect   = "Allow"
        Action   = ["scheduler:GetSchedule"]
        Resource = ["arn:${data.aws_partition.current.partition}:scheduler:${var.region}:${data.aws_caller_identity.current.account_id}:schedule/default/${var.name_prefix}*"]
      },
      {
        Sid      = "SendNotices"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [aws_sns_topic.notices.arn]
      },
    ]
  })
}

resource "aws_lambda_function" "daily_check" {
  function_name    = "${var.name_prefix}daily-check"
  description      = "Compares the records of a day's runs with the calendars of all jobs"
  role             = aws_iam_role.daily_check_role.arn
  architectures    = ["x86_64"]
  memory_size      = 256
  timeout          = 900
  package_type     = "Zip"
  runtime          = "python3.13"
  handler          = "handler.handler"
  filename         = data.archive_file.daily_check.output_path
  source_code_hash = data.archive_file.daily_check.output_base64sha256

  environment {
    variables = {
      MIGRATOR_LOCK_TABLE   = aws_dynamodb_table.locks.arn
      MIGRATOR_NOTICE_TOPIC = aws_sns_topic.notices.arn
      MIGRATOR_SCHEDULER    = var.name_prefix
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.daily_check_logs.name
  }

  depends_on = [aws_iam_role_policy.daily_check_role]
}

# a check that fails goes to the notices
resource "aws_lambda_function_event_invoke_config" "daily_check" {
  function_name          = aws_lambda_function.daily_check.function_name
  maximum_retry_attempts = 0

  destination_config {
    on_failure {
      destination = aws_sns_topic.notices.arn
    }
  }

  depends_on = [aws_iam_role_policy.daily_check_role]
}

resource "aws_iam_role" "daily_check_scheduler" {
  name                 = "${var.name_prefix}daily-check-scheduler"
  description          = "Starts the daily check"
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

resource "aws_iam_role_policy" "daily_check_scheduler" {
  name = "exactly-this"
  role = aws_iam_role.daily_check_scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartFunction"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [aws_lambda_function.daily_check.arn]
    }]
  })
}

resource "aws_scheduler_schedule" "daily_check" {
  name                         = "${var.name_prefix}daily-check"
  description                  = "The daily check; off while every job is"
  schedule_expression          = "cron(17 5 * * ? *)"
  schedule_expression_timezone = "UTC"
  state                        = var.schedules_enabled || length(var.enabled_jobs) > 0 ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.daily_check.arn
    role_arn = aws_iam_role.daily_check_scheduler.arn
    input    = jsonencode({ enabled = var.schedules_enabled ? ["*"] : sort(var.enabled_jobs) })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

# Locks that hold on all machines: who runs which instant, and who runs now. Entries expire; there is nothing to restore.
# trivy:ignore:AVD-AWS-0024 trivy:ignore:AVD-AWS-0025
resource "aws_dynamodb_table" "locks" {
  name         = "${var.name_prefix}migrated-locks"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "job_id"
  range_key    = "entry"

  attribute {
    name = "job_id"
    type = "S"
  }

  attribute {
    name = "entry"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }
}

# What cron mailed: failures of all jobs, and the output of those that mailed it. Mail leaves AWS in the clear anyway;
# name a key of your own in notices_kms_key if EventBridge may use it (the key aws/sns does not let it).
# trivy:ignore:AVD-AWS-0095
resource "aws_sns_topic" "notices" {
  name              = "${var.name_prefix}cron-notices"
  kms_master_key_id = var.notices_kms_key
}

resource "aws_sns_topic_subscription" "notices" {
  count     = var.notify_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = var.notify_email
}

# encrypted with SQS's own keys (trivy wants a KMS key, which costs a dollar a month and a grant for each reader)
# trivy:ignore:AVD-AWS-0096
resource "aws_sqs_queue" "undelivered" {
  name                       = "${var.name_prefix}cron-undelivered"
  visibility_timeout_seconds = 30
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = true
}
