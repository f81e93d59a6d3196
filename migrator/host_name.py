"""A server's name, which one log has short and another one whole: `web01`, `web01.shop.example`, `WEB01`."""


def short(name: str) -> str:
    """What all of them have in common.

    >>> short("WEB01.shop.example"), short("web01")
    ('web01', 'web01')
    """
    return name.partition(".")[0].lower()
