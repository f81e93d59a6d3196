"""Chooses where each job should live: the cheapest option that fits, the user's word before it, and why each other one lost."""

from collections.abc import Mapping
from decimal import Decimal

from migrator.assumptions import Assumptions
from migrator.model.finding import Finding
from migrator.model.option import UNFIT, Misfit, Option, Placement, Rejected, Verdict
from migrator.optimise.candidate import STAYING, Candidate, hard, known_cost, same_size, weight
from migrator.optimise.questions import questions
from migrator.upkeep import started_folder

__all__ = ["STAYING", "Candidate", "known_cost", "place", "weight"]
ACCOUNT_ORDER = ("drop", "delete", "stay", "insufficient-data")


def place(candidates: tuple[Candidate, ...], answers: Mapping[str, str], assumptions: Assumptions) -> tuple[Placement, ...]:
    """One placement per candidate, in their order.

    `answers` maps question ids to answers; those that are obeyed here: `<job id>/keep` (yes: do not drop or delete; no: do),
    `<job id>/shape` (a shape's kind), `<job id>/size` (its name) and `<job id>/target` (a target's name, `host` to stay). An
    answer that names no option is passed over and said in `reasons`.
    """
    placements = {candidate.job.id: _place(candidate, answers, assumptions) for candidate in candidates}
    while held := [(candidate, by) for candidate in candidates if (by := _held_by(candidate, placements))]:
        for candidate, other in held:
            staying = next(option for option in candidate.options if option.target == STAYING)
            reason = f"shares files with {other}, which stays; they can move together only"
            placements[candidate.job.id] = _placement(
                candidate, "stay", staying, [reason], by_user=False, assumptions=assumptions
            )
    parts: dict[tuple[str, str], list[str]] = {}  # by server and folder: of thousands of lines each asks for few
    for candidate in candidates:
        if candidate.job.part_of is not None:
            parts.setdefault((candidate.job.host, candidate.job.part_of.rstrip("/")), []).append(candidate.job.id)
    for candidate in candidates:
        if (part := _staying_part(candidate, parts, placements)) is not None:
            staying = next(option for option in candidate.options if option.target == STAYING)
            reason = f"starts {part}, which stays; the line goes with the last of the files that it starts"
            placements[candidate.job.id] = _placement(
                candidate, "stay", staying, [reason], by_user=False, assumptions=assumptions
            )
    return tuple(placements[candidate.job.id] for candidate in candidates)


def _staying_part(
    candidate: Candidate, parts: Mapping[tuple[str, str], list[str]], placements: Mapping[str, Placement]
) -> str | None:
    """A file that this line starts (run-parts) and that stays; None if all of them leave, or it starts none."""
    folder = started_folder(candidate.job.command)
    if folder is None or placements[candidate.job.id].verdict != "drop":
        return None
    own = parts.get((candidate.job.host, folder), ())
    return next((part for part in own if placements[part].verdict in {"stay", "insufficient-data"}), None)


def _held_by(candidate: Candidate, placements: Mapping[str, Placement]) -> str | None:
    """The job that stays and that this one, which would move, shares files with; None if nothing holds it."""
    own = placements[candidate.job.id]
    if own.verdict != "move" or own.chosen_by == "user":
        return None
    for link in candidate.links:
        other = link.to_job if link.from_job == own.job_id else link.from_job
        if link.kind == "feeds" and other in placements and placements[other].verdict == "stay":
            return other
    return None


def _place(candidate: Candidate, answers: Mapping[str, str], assumptions: Assumptions) -> Placement:
    job = candidate.job
    staying = next(option for option in candidate.options if option.target == STAYING)
    hints = [finding for finding in candidate.findings if finding.verdict is not None]
    keep = answers.get(f"{job.id}/keep")
    reasons: list[str] = []
    ended = _ended(hints, keep)
    if ended is not None:
        ending, by_user, why = ended
        return _placement(candidate, ending, staying, [why], by_user=by_user, assumptions=assumptions)
    wanted_shape, by_user = _wanted_shape(candidate, answers, reasons)
    options = [option for option in candidate.options if option.shape == wanted_shape] or list(candidate.options)
    options, sized = _of_wanted_size(options, answers.get(f"{job.id}/size"), reasons)
    by_user = by_user or sized
    wanted = answers.get(f"{job.id}/target")
    if wanted is not None:
        named = [option for option in options if option.target == wanted]
        if named:
            chosen = min(named, key=lambda option: (hard(option), weight(option, assumptions)))
            reasons.append(f"you chose {wanted}")
            reasons.extend(f"although: {misfit.message}" for misfit in chosen.misfits)
            verdict: Verdict = "stay" if chosen.target == STAYING else "move"
            return _placement(candidate, verdict, chosen, reasons, by_user=True, assumptions=assumptions)
        reasons.append(f"{wanted} was asked for, but it is no option for this job")
    stays = next((finding for finding in hints if finding.verdict == "stay"), None)
    moving = [option for option in options if option.target != STAYING and not hard(option)]
    staying = next((option for option in options if option.target == STAYING), staying)
    if stays is not None:
        reasons.append(stays.message)
        return _placement(candidate, "stay", staying, reasons, by_user=by_user, assumptions=assumptions)
    unknown = next((finding for finding in hints if finding.verdict == "insufficient-data"), None)
    if not moving:
        reasons.append(_nothing_fits(options))
        verdict = "stay" if unknown is None else "insufficient-data"
        return _placement(candidate, verdict, staying, reasons, by_user=by_user, assumptions=assumptions)
    chosen = _first_of_the_cheapest(moving, assumptions)
    reasons.append(_cheapest(chosen, moving))
    reasons.extend(f"with work: {misfit.message}" for misfit in chosen.misfits)
    if unknown is not None:
        reasons.insert(0, unknown.message)
        return _placement(candidate, "insufficient-data", chosen, reasons, by_user=by_user, assumptions=assumptions)
    return _placement(candidate, "move", chosen, reasons, by_user=by_user, assumptions=assumptions)


def _ended(hints: list[Finding], keep: str | None) -> tuple[Verdict, bool, str] | None:
    """Drop or delete, and who says so; None if the job lives on."""
    if keep == "yes":
        return None
    for verdict in ACCOUNT_ORDER[:2]:
        for finding in hints:
            if finding.verdict == verdict:
                return finding.verdict, keep == "no", finding.message
    if keep == "no":
        return "delete", True, "you said that it is not needed any more"
    return None


def _wanted_shape(candidate: Candidate, answers: Mapping[str, str], reasons: list[str]) -> tuple[str, bool]:
    wanted = answers.get(f"{candidate.job.id}/shape")
    if wanted is not None:
        if any(option.shape == wanted for option in candidate.options):
            reasons.append(f"you chose the shape {wanted.replace('_', ' ')}")
            return wanted, True
        reasons.append(f"the shape {wanted} was asked for, but it is no option for this job")
    faithful = next((shape.kind for shape in candidate.shapes if shape.faithful), "scheduled_batch")
    return faithful, False


def _of_wanted_size(options: list[Option], said: str | None, reasons: list[str]) -> tuple[list[Option], bool]:
    """The options of the size that the user chose, and the server itself; all of them where nothing is sold by that name."""
    if said is None:
        return options, False
    named = [option for option in options if option.size is not None and same_size(option.size.name, said)]
    if not named:
        sold = ", ".join(sorted({option.size.name for option in options if option.size is not None}))
        reasons.append(f"the size {said} was asked for, but nothing of that name is sold for this job; it would get: {sold}")
        return options, False
    reasons.append(f"you chose the size {said}")
    return [*named, *(option for option in options if option.target == STAYING)], True


def _nothing_fits(options: list[Option]) -> str:
    """What stands in the way, each thing once: what no place has; else what each place lacks."""
    others = [option for option in options if option.target != STAYING]
    if not others:
        return "no place to move to was asked about"
    lacking: dict[str, dict[str, Misfit]] = {}  # thing -> target -> what it said
    for option in others:
        for misfit in option.misfits:
            if misfit.hard:
                lacking.setdefault(_thing(misfit), {}).setdefault(option.target, misfit)
    targets = {option.target for option in others}
    nowhere = [thing for thing, said in lacking.items() if said.keys() == targets]
    parts = [_in_the_way(thing, next(iter(lacking[thing].values()))) for thing in nowhere]
    if not parts:
        parts = [f"{_in_the_way(thing, next(iter(said.values())))} ({', '.join(said)})" for thing, said in lacking.items()]
    return "no place fits: " + "; ".join(parts)


def _thing(misfit: Misfit) -> str:
    """What a misfit is about, without what one place says to it."""
    return misfit.message if misfit.need == "schedule" else misfit.message.split(": ", 1)[0]


def _in_the_way(thing: str, misfit: Misfit) -> str:
    how = misfit.message.removeprefix(f"{thing}: ")
    if not how.startswith("not offered; "):
        return misfit.message.split(" (")[0] if misfit.need == "duration_s" else misfit.message
    return f"it needs {thing}, which is not offered: {how.rsplit('; ', 1)[-1]}"


def _first_of_the_cheapest(moving: list[Option], assumptions: Assumptions) -> Option:
    """The cheapest by weight; of those that are within a tie of it, the first in the order of targets."""
    known = [option for option in moving if option.monthly_cost is not None] or moving
    least = min(weight(option, assumptions) for option in known)
    return next(option for option in known if weight(option, assumptions) <= least + Decimal(str(assumptions.tie_monthly_usd)))


def _cheapest(chosen: Option, moving: list[Option]) -> str:
    count = len(moving)
    if chosen.monthly_cost is None:
        return f"the least of the known costs among {count} that fit; the whole cost is unknown"
    if count == 1:
        return "the only place that fits"
    if any(known_cost(option) < chosen.monthly_cost for option in moving if option.monthly_cost is not None):
        return f"the first of {count} that fit and cost about the same or ask for less work"
    return f"the cheapest of {count} that fit"


def _placement(
    candidate: Candidate, verdict: Verdict, chosen: Option, reasons: list[str], *, by_user: bool, assumptions: Assumptions
) -> Placement:
    return Placement(
        job_id=candidate.job.id,
        verdict=verdict,
        option=chosen,
        reasons=tuple(reasons),
        rejected=_rejected(candidate, verdict, chosen, assumptions),
        provisional=not candidate.measured and verdict in {"move", "stay", "insufficient-data"},
        chosen_by="user" if by_user else "migrator",
        questions=questions(candidate, verdict, chosen, assumptions),
    )


def _rejected(candidate: Candidate, verdict: Verdict, chosen: Option, assumptions: Assumptions) -> tuple[Rejected, ...]:
    if verdict in {"drop", "delete"}:
        return ()
    lost = []
    for option in candidate.options:
        if option is chosen:
            continue
        lost.append(
            Rejected(
                shape=option.shape,
                target=option.target,
                size=option.size.name if option.size is not None else None,
                reason=_why_lost(option, chosen, assumptions),
                monthly_cost=option.monthly_cost,
            )
        )
    return tuple(lost)


def _why_lost(option: Option, chosen: Option, assumptions: Assumptions) -> str:
    hard = [misfit.message for misfit in option.misfits if misfit.hard]
    if hard:
        return UNFIT + "; ".join(hard)
    if option.target == STAYING:
        return "the server stays on the bill for as long as this job stays on it"
    if option.shape != chosen.shape:
        return f"another shape ({option.shape.replace('_', ' ')}): proposed, not chosen"
    if option.monthly_cost is None and chosen.monthly_cost is not None:
        return "its whole cost is unknown"
    more = known_cost(option) - known_cost(chosen)
    soft = [misfit.message for misfit in option.misfits if not misfit.hard]
    if more > 0:
        return f"${more:,.2f} a month more" if more >= Decimal("0.005") else "a fraction of a cent a month more"
    if soft and weight(option, assumptions) > weight(chosen, assumptions):
        return ("cheaper, but asks for work: " if more < 0 else "asks for work: ") + "; ".join(soft)
    if abs(more) <= Decimal(str(assumptions.tie_monthly_usd)):
        less = f"${-more:,.2f} a month less" if -more >= Decimal("0.005") else "the same"
        return f"costs {less}: a tie; comes later in the order of targets"
    return "fits, but was not chosen"
