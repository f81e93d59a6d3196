"""Schedulers inside a scheduler: their own jobs are listed, from Laravel's and whenever's programs."""

import zipfile
from pathlib import Path

from test_schedulers_more import put
from test_scripts import plant

from migrator.model.finding import Fact
from migrator.model.job import Host
from migrator.schedulers import user_crontab
from migrator.scripts import facts as follow
from migrator.sources import directory

KERNEL = r"""<?php
namespace App\Console;
class Kernel extends ConsoleKernel
{
    protected function schedule(Schedule $schedule): void
    {
        $schedule->command('reports:send --all')->dailyAt('02:30')->timezone('Europe/Berlin');
        $schedule->command(PruneCommand::class)->weekdays()->hourly();
        $schedule->exec('node /srv/x.js')->cron('*/7 * * * *')->withoutOverlapping();
        $schedule->job(new Heartbeat)->everyFiveMinutes()->environments(['production']);
        // $schedule->command('old')->daily();
        $other->command('not:this')->daily();
    }
}
"""
CONSOLE = "<?php\nSchedule::call(fn () => x())->weeklyOn(1, '8:00');\n"
WHENEVER = """every 1.day, at: '4:30 am' do
  rake "reports:daily"
  runner "Model.sweep"
end
every :hour do
  rake "other"
end
"""
CRONTAB = """# Begin Whenever generated tasks for: /srv/app/config/schedule.rb at: 2026-11-01
30 4 * * * /bin/bash -l -c 'cd /srv/app && RAILS_ENV=production bundle exec rake reports:daily --silent'
# End Whenever generated tasks for: /srv/app/config/schedule.rb at: 2026-11-01
"""


def inner(root: Path, crontab: str) -> list[Fact]:
    tab = root / "var/spool/cron/crontabs/app"
    tab.parent.mkdir(parents=True, exist_ok=True)
    tab.write_text(crontab)
    files = directory.open(str(root))[0]
    (job,) = user_crontab.read(files, Host(name="h", timezone="UTC", cron="debian")).jobs
    return [fact for fact in follow.facts(files, Host(name="h"), job)[0].facts if fact.kind == "inner-job"]


def test_laravels_schedules_are_listed_with_their_line(tmp_path: Path) -> None:
    plant(tmp_path, srv__shop__artisan="#!/usr/bin/env php\n<?php\n", srv__shop__app__Console__Kernel_DOT_php=KERNEL)
    plant(tmp_path, srv__shop__routes__console_DOT_php=CONSOLE)
    found = inner(tmp_path, "* * * * * cd /srv/shop && php artisan schedule:run >> /dev/null 2>&1\n")
    assert [(fact.value, str(fact.evidence.location)) for fact in found] == [
        ("30 2 * * * Europe/Berlin: reports:send --all", "/srv/shop/app/Console/Kernel.php:7"),
        ("0 * * * 1-5 (in the application's time zone): PruneCommand::class", "/srv/shop/app/Console/Kernel.php:8"),
        ("*/7 * * * *: node /srv/x.js", "/srv/shop/app/Console/Kernel.php:9"),
        ("*/5 * * * *: job new Heartbeat (only environments)", "/srv/shop/app/Console/Kernel.php:10"),
        ("0 8 * * 1 (in the application's time zone): call fn () => x()", "/srv/shop/routes/console.php:2"),
    ]


MANY_FORMS = r"""<?php
Artisan::command('inspire', function () { return 1; })->purpose('Say something')->hourly();
Artisan::command('only:defined', function () { })->purpose('never scheduled');
if (config('digest.enabled')) {
    Schedule::command('digest:send')->weeklyOn(config('digest.day'), '18:00');
}
Schedule::daily()->timezone('America/New_York')->group(function () {
    Schedule::command('emails:send');
    Schedule::command('emails:prune', ['--all'])->at('4:30');
});
foreach ($shops as $shop) {
    app(Schedule::class)->command("sync {$shop}")->everyTwoHours(15);
}
$kept = $schedule->command('kept')->lastDayOfMonth('23:50');
$schedule->command('often')->everyThirtySeconds();
$schedule->command('windowed')->hourlyAt([15, 45])->between('7:00', '22:00')->weekdays();
$schedule->command('macro')->quarterlyOn(4, '14:00')->unlessHoliday();
$schedule->command('named')->dailyAt(time: '1:00')->timezone(config('app.zone'));
$schedule->command('lost-minutes')->dailyAt('13:30:00');
$schedule->command('bare')->twiceDailyAt(1, 13, 15);
"""


def test_every_form_of_laravels_is_read_or_said_to_be_computed(tmp_path: Path) -> None:
    plant(tmp_path, srv__shop__artisan="<?php\n", srv__shop__routes__console_DOT_php=MANY_FORMS)
    put(tmp_path, "srv/shop/config/app.php", "<?php return [\n    'timezone' => env('APP_TIMEZONE', 'UTC'),\n];\n")
    put(tmp_path, "srv/shop/.env", "APP_TIMEZONE=Asia/Colombo\n")
    found = inner(tmp_path, "* * * * * cd /srv/shop && php artisan schedule:run\n")
    assert [fact.value for fact in found] == [
        "0 * * * *: inspire",
        "(computed: weeklyOn(config('digest.day'), '18:00')) Asia/Colombo: digest:send (where an if allows it)",
        "0 0 * * * America/New_York: emails:send",
        "30 4 * * * America/New_York: emails:prune ['--all']",
        '15 */2 * * * Asia/Colombo: "sync {$shop}" (in a loop)',
        "50 23 L * * Asia/Colombo: kept (kept in a variable: what is called on it later is not read)",
        "* * * * * every 30 s: often",
        "15,45 * * * 1-5 Asia/Colombo: windowed (only between('7:00', '22:00'))",
        "0 14 4 1-12/3 * Asia/Colombo: macro (unlessHoliday may change it)",
        "(computed: dailyAt('1:00')) (timezone(config('app.zone'))): named",
        "(computed: dailyAt('13:30:00')) Asia/Colombo: lost-minutes",
        "15 1,13 * * * Asia/Colombo: bare",
    ]


def test_of_more_than_a_hundred_inner_jobs_it_is_said_that_there_are_more(tmp_path: Path) -> None:
    lines = "".join(f"$schedule->command('c{n}')->daily();\n" for n in range(130))
    plant(tmp_path, srv__shop__artisan="<?php\n", srv__shop__routes__console_DOT_php=f"<?php\n{lines}")
    found = inner(tmp_path, "* * * * * cd /srv/shop && php artisan schedule:run\n")
    assert len(found) == 101
    assert "more than 100" in found[-1].value


def test_the_zone_of_the_kernel_wins_over_the_applications(tmp_path: Path) -> None:
    kernel = "<?php\nfunction scheduleTimezone() { return 'Europe/Kyiv'; }\n$schedule->command('a')->daily();\n"
    plant(tmp_path, srv__shop__artisan="<?php\n", srv__shop__app__Console__Kernel_DOT_php=kernel)
    put(tmp_path, "srv/shop/config/app.php", "<?php return [\n    'timezone' => 'UTC',\n];\n")
    assert inner(tmp_path, "* * * * * php /srv/shop/artisan schedule:run\n")[0].value == "0 0 * * * Europe/Kyiv: a"


def test_a_line_of_whenever_that_two_entries_could_have_written_names_both(tmp_path: Path) -> None:
    twice = WHENEVER + "every :sunday, at: '5am' do\n  rake 'reports:daily'\n  sweeper 'reports'\nend\n"
    plant(tmp_path, srv__app__config__schedule_DOT_rb=twice)
    (found,) = inner(tmp_path, CRONTAB)
    assert found.value == "every 1.day, at: '4:30 am': rake reports:daily or every :sunday, at: '5am': rake reports:daily"
    own = "job_type :sweeper, 'cd :path && sweep :task'\nevery :sunday do\n  sweeper 'old carts'\nend\n"
    plant(tmp_path, srv__app__config__schedule_DOT_rb=own)
    (found,) = inner(tmp_path, CRONTAB.replace("bundle exec rake reports:daily --silent", "sweep old carts"))
    assert found.value == "every :sunday: sweeper old carts"


def test_a_line_of_whenever_names_the_place_that_wrote_it(tmp_path: Path) -> None:
    plant(tmp_path, srv__app__config__schedule_DOT_rb=WHENEVER)
    (found,) = inner(tmp_path, CRONTAB)
    assert found.value == "every 1.day, at: '4:30 am': rake reports:daily"
    assert str(found.evidence.location) == "/srv/app/config/schedule.rb:2"


def test_other_jobs_of_the_application_hold_none(tmp_path: Path) -> None:
    plant(tmp_path, srv__shop__artisan="<?php\n", srv__shop__app__Console__Kernel_DOT_php=KERNEL)
    assert inner(tmp_path, "0 1 * * * cd /srv/shop && php artisan reports:send\n") == []


def test_a_line_of_django_crontab_says_which_function_it_calls(tmp_path: Path) -> None:
    # the hash by hand, in the way that django-crontab 0.7.1's source makes it (that package was read, not run)
    put(tmp_path, "srv/shop/manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n')
    jobs = '("*/5 * * * *", "shop.cron.sync"),\n    ("0 4 * * *", "shop.cron.other", [computed()]),'
    put(tmp_path, "srv/shop/shop/settings.py", f"CRONJOBS = [\n    {jobs}\n]\n")
    line = "*/5 * * * * /venv/bin/python /srv/shop/manage.py crontab run 7a0e897149f800977350e46835c822c0 # django-cronjobs\n"
    found = inner(tmp_path, line)
    assert [(fact.value, fact.detail) for fact in found] == [("*/5 * * * *: shop.cron.sync", "django-crontab")]
    assert found[0].evidence.location is not None
    assert (found[0].evidence.location.path, found[0].evidence.location.line) == ("/srv/shop/shop/settings.py", 2)


def test_magentos_tick_lists_the_jobs_of_its_modules(tmp_path: Path) -> None:
    xml = """<?xml version="1.0"?>
<config>
  <!-- <!DOCTYPE is said in a comment --><group id="default">
    <job name="reindex" instance="Shop\\Cron\\Reindex" method="execute"><schedule>0 * * * *</schedule></job>
    <job name="feed" instance="Shop\\Cron\\Feed" method="run"><config_path>shop/feed/cron</config_path></job>
  </group>
</config>
"""
    put(tmp_path, "var/www/shop/app/code/Acme/Shop/etc/crontab.xml", xml)
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><config><job name="x"><schedule>&a;</schedule></job></config>'
    put(tmp_path, "var/www/shop/vendor/acme/bomb/etc/crontab.xml", bomb)
    found = inner(tmp_path, "* * * * * php /var/www/shop/bin/magento cron:run | grep -v Ran\n")
    assert [fact.value for fact in found] == [
        "0 * * * *: reindex (Shop\\Cron\\Reindex::execute)",
        "(in the database, shop/feed/cron): feed (Shop\\Cron\\Feed::run)",
    ]


def java_class(*texts: bytes) -> bytes:
    """What a compiled class holds of its texts: tag, length, text."""
    return b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x20" + b"".join(b"\1" + len(text).to_bytes(2, "big") + text for text in texts)


def test_springs_and_quartzs_schedules_stand_in_the_archive(tmp_path: Path) -> None:
    jar = tmp_path / "opt/shop/shop.jar"
    jar.parent.mkdir(parents=True)
    scheduled = b"Lorg/springframework/scheduling/annotation/Scheduled;"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(
            "BOOT-INF/classes/com/shop/Nightly.class", java_class(scheduled, b"cron", b"0 0 2 * * MON-FRI", b"x 0 0 9 * * * y")
        )
        archive.writestr("BOOT-INF/classes/com/shop/Other.class", java_class(b"0 0 3 * * *"))
        archive.writestr("BOOT-INF/classes/application.properties", "server.port=8080\nreport.cron=0 */10 * * * *\n")
        archive.writestr("BOOT-INF/lib/quartz-2.3.2.jar", b"")
    found = inner(tmp_path, "@reboot /opt/jdk-17/bin/java -Xmx1g -jar /opt/shop/shop.jar\n")
    assert [(fact.value, fact.detail, fact.certain) for fact in found] == [
        ("0 0 2 * * MON-FRI: com.shop.Nightly", "Spring", True),
        ("0 */10 * * * *: BOOT-INF/classes/application.properties", "Spring", True),
        ("unknown: Quartz 2.3.2 keeps its triggers in a database or makes them in its program", "Quartz", False),
    ]
    jar.write_bytes(jar.read_bytes()[:200])
    assert inner(tmp_path, "@reboot java -jar /opt/shop/shop.jar\n") == []


def test_nodes_schedulers_are_read_from_the_program(tmp_path: Path) -> None:
    text = """const cron = require('node-cron');
cron.schedule('*/5 * * * *', () => tick());
cron.schedule(process.env.WHEN, () => tock());
router.schedule('not a schedule at all');
"""
    plant(tmp_path, srv__app__worker_DOT_js=text)
    found = inner(tmp_path, "@reboot node /srv/app/worker.js\n")
    assert [(fact.value, fact.detail, fact.evidence.location.line) for fact in found] == [
        ("*/5 * * * *: /srv/app/worker.js", "node-cron", 2)
    ]
    plant(tmp_path, srv__app__worker_DOT_js=text.replace("node-cron", "other"))
    assert inner(tmp_path, "@reboot node /srv/app/worker.js\n") == []


def test_a_python_program_that_schedules_itself_is_read(tmp_path: Path) -> None:
    """The forms of APScheduler's user guide and of schedule's examples page."""
    put(
        tmp_path,
        "srv/app/clock.py",
        """from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
sched = BlockingScheduler(timezone="Europe/Berlin")

@sched.scheduled_job("interval", minutes=5, id="poll")
def poll():
    pass

sched.add_job(report, "cron", day_of_week="mon-fri", hour=2, minute=30, max_instances=1)
sched.add_job(report, CronTrigger.from_crontab("0 0 1-15 may-aug *"))
sched.add_job(func=clean, trigger=CronTrigger(hour=hours()), name="x")
sched.start()
""",
    )
    put(
        tmp_path,
        "srv/app/tick.py",
        "import schedule\nschedule.every().day.at('10:30').do(job, 1)\nschedule.every(10).minutes.do(job)\n",
    )
    put(tmp_path, "srv/app/plain.py", "import sqlite3\nsched.add_job(report, 'cron', hour=2)\nx.every(3).days.do(y)\n")
    found = inner(tmp_path, "@reboot python3 /srv/app/clock.py; python3 /srv/app/tick.py; python3 /srv/app/plain.py\n")
    assert [(fact.value, fact.detail, fact.evidence.location and fact.evidence.location.line) for fact in found] == [
        ("interval minutes=5: poll", "APScheduler", 5),
        ("cron day_of_week=mon-fri hour=2 minute=30: report", "APScheduler", 9),
        ("0 0 1-15 may-aug *: report", "APScheduler", 10),
        ("cron hour=hours(): clean", "APScheduler", 11),
        ("every day at 10:30: job", "schedule", 2),
        ("every 10 minutes: job", "schedule", 3),
    ]


def test_quartz_in_a_database_and_springs_sources_are_named(tmp_path: Path) -> None:
    jar = tmp_path / "opt/shop/shop.jar"
    jar.parent.mkdir(parents=True)
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(
            "BOOT-INF/classes/quartz.properties", "org.quartz.jobStore.class = org.quartz.impl.jdbcjobstore.JobStoreTX\n"
        )
        archive.writestr("BOOT-INF/lib/quartz-2.3.2.jar", b"")
    source = """@Component
public class Nightly {
    @Scheduled(cron = "0 0 2 * * *", zone = "Europe/Paris")
    @Transactional
    public void export() { }
    @Scheduled(fixedRate = 5000)
    void poll() { }
}
"""
    put(tmp_path, "srv/shop/src/main/java/com/shop/Nightly.java", source)
    (quartz,) = inner(tmp_path, "@reboot java -jar /opt/shop/shop.jar\n")
    assert quartz.value == "unknown: Quartz keeps its triggers in its database (SELECT * FROM QRTZ_CRON_TRIGGERS lists them)"
    wanted = ["0 0 2 * * *: export in Nightly.java", "fixedRate = 5000: poll in Nightly.java"]
    for line in ("java -jar /srv/shop/target/shop-1.0.jar", "cd /srv/shop && ./mvnw spring-boot:run"):
        assert [fact.value for fact in inner(tmp_path, f"@reboot {line}\n")] == wanted, line
