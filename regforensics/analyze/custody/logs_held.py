"""The evidence matrix's rows for logs: which requests and which account activity they cover."""

from collections.abc import Iterator

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.logs.moments import utc
from regforensics.analyze.seen import counted
from regforensics.model.claim import said
from regforensics.model.coverage import Coverage, Question
from regforensics.model.events import AUDIT, Covered
from regforensics.model.history import History


def request_logs(history: History) -> Iterator[Coverage]:
    """A row for each log of requests."""
    for log in history.events.coverage():
        if log.asked:
            told = f"requests as the layer {', '.join(log.asked)} logged them"
            yield _row(history, log, "install", "downloads that were allowed or denied, as the"
                       " audit logged them" if log.asked == (AUDIT,) else told)


def account_logs(history: History) -> Iterator[Coverage]:
    """A row for each log or export of account activity."""
    for log in history.events.coverage():
        if log.accounts:
            yield _row(history, log, "account", "account activity, as its source kept it")


def audit_logs(history: History) -> Iterator[Coverage]:
    """A row for each log of changes alone, which shows nobody's download."""
    for log in history.events.coverage():
        if AUDIT in log.layers and not log.asked:
            yield _row(history, log, "publish", "changes of packages, as the audit logged them; no"
                       " downloads")


def present_state(history: History) -> Iterator[Coverage]:
    """A row for each log or list that holds no dated event: it shows the present, or nothing, or
    could not be read."""
    for log in history.events.coverage():
        if not log.layers and log.gaps:
            source = f"{said(str(log.source.value))}: {log.gaps[0].reason}"
            yield Coverage("install", "unavailable", source, history.package, None,
                           ask(history.package.registry, "install"))
        elif not log.layers:
            forms = ", ".join(log.formats) or "nothing that is known"
            yield _row(history, log, "account", f"{counted(log.lines, 'line')} of {forms} and no"
                       " dated event: at most the present state")


def _row(history: History, log: Covered, question: Question, what: str) -> Coverage:
    times = f"{utc(log.first.value)} to {utc(log.last.value)}" if log.first and log.last else None
    holes = f", {counted(len(log.silences), 'silence')} longer than usual" if log.silences else ""
    unread = f", {counted(log.unparsed, 'line')} unread" if log.unparsed else ""
    return Coverage(question, "limited", f"{said(str(log.source.value))}: {what}{unread}{holes}",
                    history.package, times, ask(history.package.registry, question))
