"""Tests the rule of thumb "at 1 to 2 million invocations a month two small servers beat functions by 3 to 5 times".

Run: .venv/bin/python benchmarks/crossover.py > docs/crossover.md
"""

from decimal import Decimal

from migrator.crossover import crossover, functions_bill, servers_bill
from migrator.prices import bundled

REGION, SERVER = "us-east-1", "t3.small"
CASES = (("0.05", 128), ("0.2", 512), ("0.5", 512), ("1", 512), ("1", 1024), ("2", 1024), ("5", 1769))
MILLIONS = (1, 2, 5, 10, 20, 50)


def main() -> None:
    """Print the table, the two bills and what follows."""
    book = bundled.read()
    print("# Functions behind an HTTP API, or two small servers behind a load balancer")
    print()
    print("Made by `benchmarks/crossover.py` from the bundled price book: list prices, us-east-1, without free tiers and care.")
    print(f"Functions: API Gateway (HTTP API) and Lambda x86. Servers: 2 x {SERVER}, 8 GiB disks, a load balancer (ALB),")
    print("two public addresses. The figures are functions / servers in USD a month; **bold** where the servers are cheaper.")
    print()
    print(
        "| a request takes | memory | "
        + " | ".join(f"{m} M" for m in MILLIONS)
        + " | break-even | at 1-2 M servers are | busy at 2 M |"
    )
    print("|---|---|" + "---|" * (len(MILLIONS) + 3))
    breaks = []
    for seconds, memory in CASES:
        cells = []
        for million in MILLIONS:
            both = crossover(book, REGION, million * 1_000_000, Decimal(seconds), memory, SERVER)
            text = f"{both.functions:,.0f} / {both.servers:,.0f}"
            cells.append(f"**{text}**" if both.functions > both.servers else text)
        one, two = (crossover(book, REGION, m * 1_000_000, Decimal(seconds), memory, SERVER) for m in (1, 2))
        breaks.append(one.breaks_even_at)
        low, high = one.functions / one.servers, two.functions / two.servers
        said = (
            f"{1 / high:.1f}-{1 / low:.1f} times dearer"
            if high < 1
            else f"{low:.1f}-{high:.1f} times cheaper"
            if low > 1
            else (f"{1 / low:.1f} times dearer to {high:.1f} times cheaper")
        )
        print(
            f"| {seconds} s | {memory} MiB | "
            + " | ".join(cells)
            + f" | {one.breaks_even_at / 1e6:.1f} M | {said} | {two.servers_busy:.1f} |"
        )
    print()
    print(f"Break-even lies between {min(breaks) / 1e6:.1f} M and {max(breaks) / 1e6:.1f} M requests a month.")
    print("The rule of thumb holds only where a request holds about 9 GB-seconds (5 s at 1,769 MiB); for one that")
    print("takes 0.2 s at 512 MiB the servers are an order of magnitude dearer at 1 to 2 million.")
    print("`busy at 2 M`: processors in use on average if requests compute all the time. Two t3.small earn 0.8 in the long run")
    print("(20 % of each of 4): where it is above that they hold the load only if requests wait, so the rule's own case needs")
    print("larger servers if it computes.")
    print("A job of a crontab calls at most 43,830 times a month (once a minute), a tenth of the lowest break-even.")
    for title, bill in (
        ("Functions at 2 M requests of 0.2 s and 512 MiB", functions_bill(book, REGION, Decimal(2_000_000), Decimal("0.2"), 512)),
        ("Servers at 2 M requests", servers_bill(book, REGION, Decimal(2_000_000), SERVER)),
    ):
        print(f"\n## {title}\n")
        print("| line | quantity | unit | unit price | USD a month | source |")
        print("|---|---|---|---|---|---|")
        for line in bill:
            print(
                f"| {line.name} | {line.monthly_quantity:,.2f} | {line.unit} | {line.unit_price:f} | {line.monthly_cost:,.2f} | "
                f"{line.source}, {line.as_of} |"
            )


if __name__ == "__main__":
    main()
