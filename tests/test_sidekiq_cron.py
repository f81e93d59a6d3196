"""sidekiq-cron and sidekiq-scheduler: what Sidekiq enqueues by the clock is read from their files."""

from pathlib import Path

from test_schedulers_more import everything, put

SCHEDULE = """
nightly_report:
  cron: "30 2 * * * Europe/Berlin"
  class: "Shop::ReportWorker"
  args: [1, "a b"]
poll:
  cron: '*/5 * * * *'
  class: PollJob
  active_job: true
  status: disabled
said_in_words:
  cron: "every day at noon"
  class: NoonWorker
both_days:
  cron: "0 1 13 * 5"
  class: OddWorker
"""
SCHEDULER = """
:concurrency: 5
:scheduler:
  :schedule:
    clean:
      cron: '0 3 * * 0'
      class: CleanWorker
    often:
      every: 30s
      class: OftenWorker
"""


def test_entries_are_jobs_that_hand_the_class_to_redis(tmp_path: Path) -> None:
    put(tmp_path, "srv/shop/config/schedule.yml", SCHEDULE)
    put(tmp_path, "opt/old/config/sidekiq.yml", SCHEDULER)
    jobs, problems, _ = everything(tmp_path)
    clean, report, poll = sorted(jobs, key=lambda job: job.location.path + str(job.location.line))
    assert report.command == """bundle exec rails runner 'Shop::ReportWorker.perform_async(1, "a b")'"""
    assert (report.schedule.expressions, report.schedule.timezone) == (("30 2 * * *",), "Europe/Berlin")
    assert (report.working_directory, report.location.line, report.enabled) == ("/srv/shop", 2, True)
    assert (poll.command, poll.enabled) == ("bundle exec rails runner 'PollJob.perform_later()'", False)
    assert clean.schedule.expressions == ("0 3 * * 0",)
    said = sorted((problem.location.path, problem.location.line) for problem in problems if "Sidekiq" in problem.message)
    assert said == [
        ("/opt/old/config/sidekiq.yml", 8),
        ("/srv/shop/config/schedule.yml", 11),
        ("/srv/shop/config/schedule.yml", 14),
    ]


def test_what_cannot_be_read_is_one_message(tmp_path: Path) -> None:
    put(tmp_path, "srv/a/config/schedule.yml", "x: {cron: '* * * * *', class: <%= ENV['X'] %>}\n")
    put(tmp_path, "srv/b/config/schedule.yml", "x: {cron: '* * * * *', class: [\n")
    put(tmp_path, "srv/c/config/schedule.yml", "school: {room: 3}\n")
    put(tmp_path, "srv/d/config/schedule.yml", "x: {cron: '* * * * *', class: 'system(1)'}\n")
    jobs, problems, _ = everything(tmp_path)
    assert not jobs
    told = {problem.location.path: problem.message for problem in problems if "Sidekiq" in problem.message}
    assert sorted(told) == [f"/srv/{name}/config/schedule.yml" for name in "abd"]
