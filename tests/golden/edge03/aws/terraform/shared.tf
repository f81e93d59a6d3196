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

# events about containers that stopped come from EventBridge, not through a role
resource "aws_sns_topic_policy" "notices" {
  arn = aws_sns_topic.notices.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EventsOfThisAccount"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = aws_sns_topic.notices.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}
