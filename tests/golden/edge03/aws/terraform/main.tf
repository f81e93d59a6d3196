# What all jobs share. Written by migrator; each job has its own file beside this one.

terraform {
  required_version = ">= 1.9"

  required_providers {
    archive = { source = "hashicorp/archive", version = "~> 2.7" }
    aws     = { source = "hashicorp/aws", version = "~> 6.0" }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge(var.tags, { migrated-from = "cron" })
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

variable "region" {
  description = "Where the jobs run; the plan's prices are of this region."
  type        = string
  default     = "eu-west-1"
}

variable "schedules_enabled" {
  description = "Switches all schedules on. Off at first: switch a job's cron line off before its schedule goes on."
  type        = bool
  default     = false
}

variable "enabled_jobs" {
  description = "Ids of jobs whose schedules are on while schedules_enabled is false: to move job by job."
  type        = set(string)
  default     = []
}

variable "notify_email" {
  description = "Gets what cron mailed. Empty: the topic exists, nobody is subscribed."
  type        = string
  default     = ""
}

variable "notices_kms_key" {
  description = "KMS key of the notices' topic, which EventBridge and the jobs' roles must be allowed to use. Null: none."
  type        = string
  default     = null
}

variable "name_prefix" {
  description = "Stands before every name, so that two copies fit into one account; at most 8 characters."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[a-z0-9-]{0,8}$", var.name_prefix))
    error_message = "Use at most 8 lower case letters, digits and hyphens: AWS cuts names at 64 characters."
  }
}

variable "tags" {
  description = "Tags of everything, beside migrated-from."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role. Null: none."
  type        = string
  default     = null
}

variable "images" {
  description = "Image of each container job, by job id: REGISTRY/REPOSITORY@sha256:DIGEST, pushed before the first apply."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("^[^/]+/[^:@]+(:[^@]+)?(@sha256:[0-9a-f]{64})?$", image))])
    error_message = "Each image is REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:DIGEST."
  }
}

