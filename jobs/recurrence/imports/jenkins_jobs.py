"""Jobs of Jenkins: the timers of a config.xml, or of a Jenkinsfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jobs.recurrence.imports import xml_nodes
from jobs.recurrence.imports.entries import SHOWN, Collected, Found

TIMER = "hudson.triggers.TimerTrigger"
OTHERS = {
    "hudson.triggers.SCMTrigger": "It looks for changes of a repository and starts only then; call the job from there.",
    "org.jenkinsci.plugins.parameterizedscheduler.ParameterizedTimerTrigger": "Its lines have parameters of their own; "
    "write each as a line of a timer, and give the arguments to the schedule.",
}
NO_NAME = (
    "A config.xml does not say how its job is called, and H follows from the name: give it one before it is brought."
)
NO_ZONE = "Without TZ= that of Jenkins' machine counts; put it into the zone field."
# What a Jenkinsfile may have before a call that counts: comments and texts, which may have such a call in them.
OPENER = re.compile(r"""//|/\*|'{3}|"{3}|'|"|\bcron\s*\(""")
CLOSERS = {"//": "\n", "/*": "*/"}
QUOTE = re.compile(r"""\s*('{3}|"{3}|'|")""")
END = re.compile(r"\s*\)")


def jenkins_jobs(text: str) -> Found:
    """Return an entry for each line of the timers of a job, and what is refused of it."""
    collected = Collected()
    if text.lstrip(xml_nodes.BEFORE).startswith("<"):
        _config(collected, text)
    else:
        _jenkinsfile(collected, text)
    if not any(collected.found()):
        why = "This has no timer; give the config.xml of a job, or a Jenkinsfile with triggers { cron('...') }."
        collected.refuse(1, text.split("\n", maxsplit=1)[0], "", why)
    return collected.found()


def _config(collected: Collected, text: str) -> None:
    document, broken = xml_nodes.read(text)
    if broken:
        collected.refuse(broken.line, text.split("\n")[broken.line - 1], "", broken.why)
    for root in document.children:
        name = root.said("displayName")
        command = next((shell.said("command") for shell in document.within("hudson.tasks.Shell")), "")
        notes = () if name else (NO_NAME,)
        more = {"command": command, "enabled": root.said("disabled") != "true"}
        for timer in document.within(TIMER):
            for spec in timer.all("spec"):
                _lines(collected, spec.text, spec.line, name=name or "jenkins", notes=notes, **more)
    for kind, why in OTHERS.items():
        for trigger in document.within(kind):
            collected.refuse(trigger.line, kind, "trigger", why)


def _jenkinsfile(collected: Collected, text: str) -> None:
    line, counted = 1, 0
    for begins, spec in _calls(text):
        line, counted = line + text.count("\n", counted, begins), begins
        if spec is None:
            why = "What stands in cron(...) is reckoned out by Jenkins; write its text, like cron('H 3 * * *')."
            collected.refuse(line, text[begins : begins + SHOWN].partition("\n")[0], "cron", why)
        else:
            _lines(collected, spec.replace(r"\n", "\n"), line, name="jenkins", notes=(NO_NAME,))


def _calls(text: str) -> Iterator[tuple[int, str | None]]:
    """Yield the text of each call of cron with where it begins; None, with where the call does, where it is no text."""
    at = 0
    while opener := OPENER.search(text, at):
        if not opener[0].startswith("cron"):
            at = _closed(text, opener[0], opener.end())
            continue
        at = opener.end()
        if quote := QUOTE.match(text, at):
            at = _closed(text, quote[1], quote.end())
            spec = text[quote.end() : at - len(quote[1])]
            if END.match(text, at) and not (quote[1].startswith('"') and "${" in spec):
                yield quote.end(), spec
                continue
        yield opener.start(), None


def _closed(text: str, opener: str, at: int) -> int:
    """Return where a comment or a text is over: a text of one line at its end at the latest."""
    closer = CLOSERS.get(opener, opener)
    line = text.find("\n", at) if len(opener) == 1 else -1
    end = text.find(closer, at, line if line >= 0 else len(text))
    if end >= 0:
        return end + len(closer)
    return line if line >= 0 else len(text)


def _lines(collected: Collected, spec: str, begins: int, *, name: str, notes: tuple[str, ...], **more: Any) -> None:
    """Collect an entry for each line of a timer."""
    zone = None
    for number, raw in enumerate(spec.split("\n"), begins):
        line = raw.strip()
        if number == begins and line.startswith("TZ="):
            zone = line.removeprefix("TZ=").strip()
        elif line.startswith("TZ="):
            collected.refuse(number, line, "zone", "Jenkins takes TZ= in the first line alone; put it there.")
        elif line and not line.startswith("#"):
            said = notes if zone else (NO_ZONE, *notes)
            collected.add(
                line, line=number, name=name, dialect="jenkins", expression=line, zone=zone, notes=said, **more
            )
