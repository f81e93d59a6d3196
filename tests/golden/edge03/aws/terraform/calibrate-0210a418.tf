resource "aws_cloudwatch_log_group" "calibrate_0210a418_logs" {
  name              = "/aws/lambda/${var.name_prefix}calibrate-0210a418"
  retention_in_days = 30
}

resource "aws_iam_role" "calibrate_0210a418_role" {
  name                 = "${var.name_prefix}calibrate-0210a418-role"
  description          = "What Calibration in the night hour that changes with the clocks may do"
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

resource "aws_iam_role_policy" "calibrate_0210a418_role" {
  name = "exactly-this"
  role = aws_iam_role.calibrate_0210a418_role.id

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
          "${aws_cloudwatch_log_group.calibrate_0210a418_logs.arn}:*",
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
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["calibrate-0210a418"] } }
      },
    ]
  })
}

resource "aws_lambda_function" "calibrate_0210a418" {
  function_name = "${var.name_prefix}calibrate-0210a418"
  description   = "Calibration in the night hour that changes with the clocks: was /var/spool/cron/crontabs/sensor:9 on edge03"
  role          = aws_iam_role.calibrate_0210a418_role.arn
  architectures = ["x86_64"]
  memory_size   = 512
  timeout       = 120

  package_type = "Image"
  image_uri    = lookup(var.images, "calibrate-0210a418", "")

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
    log_group  = aws_cloudwatch_log_group.calibrate_0210a418_logs.name
  }

  depends_on = [aws_iam_role_policy.calibrate_0210a418_role]

  lifecycle {
    precondition {
      condition     = contains(keys(var.images), "calibrate-0210a418")
      error_message = "Build and push the image of this job, then name it in var.images."
    }
  }
}

# one attempt, as cron has it; what failed or came too late goes to the notices
resource "aws_lambda_function_event_invoke_config" "calibrate_0210a418_one_attempt" {
  function_name                = aws_lambda_function.calibrate_0210a418.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 900

  destination_config {
    on_failure {
      destination = aws_sns_topic.notices.arn
    }
  }
}

resource "aws_iam_role" "calibrate_0210a418_scheduler_role" {
  name                 = "${var.name_prefix}calibrate-0210a418-scheduler-role"
  description          = "Starts Calibration in the night hour that changes with the clocks"
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

resource "aws_iam_role_policy" "calibrate_0210a418_scheduler_role" {
  name = "exactly-this"
  role = aws_iam_role.calibrate_0210a418_scheduler_role.id

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
          aws_lambda_function.calibrate_0210a418.arn,
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

resource "aws_scheduler_schedule" "calibrate_0210a418_schedule_1" {
  name                         = "${var.name_prefix}calibrate-0210a418-1"
  description                  = "Calibration in the night hour that changes with the clocks: was /var/spool/cron/crontabs/sensor:9 on edge03"
  schedule_expression          = "cron(30 0,1 * * ? *)"
  schedule_expression_timezone = "UTC"
  state                        = var.schedules_enabled || contains(var.enabled_jobs, "calibrate-0210a418") ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.calibrate_0210a418.arn
    role_arn = aws_iam_role.calibrate_0210a418_scheduler_role.arn
    input    = "{\"execution_id\": \"<aws.scheduler.execution-id>\", \"expression\": 0, \"job_id\": \"calibrate-0210a418\", \"scheduled_time\": \"<aws.scheduler.scheduled-time>\"}"

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

resource "aws_scheduler_schedule" "calibrate_0210a418_schedule_2" {
  name                         = "${var.name_prefix}calibrate-0210a418-2"
  description                  = "Calibration in the night hour that changes with the clocks: was /var/spool/cron/crontabs/sensor:9 on edge03"
  schedule_expression          = "cron(0 1 25-31 3 ? *)"
  schedule_expression_timezone = "UTC"
  state                        = var.schedules_enabled || contains(var.enabled_jobs, "calibrate-0210a418") ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.calibrate_0210a418.arn
    role_arn = aws_iam_role.calibrate_0210a418_scheduler_role.arn
    input    = "{\"execution_id\": \"<aws.scheduler.execution-id>\", \"expression\": 1, \"job_id\": \"calibrate-0210a418\", \"scheduled_time\": \"<aws.scheduler.scheduled-time>\"}"

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
