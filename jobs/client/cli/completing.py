"""Completion in a shell: the verbs of a command, the words below them, and the options of each, of its parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import NamedTuple

SHELLS = ("bash", "zsh", "fish")


class Command(NamedTuple):
    """Command whose words are completed. `behind`: what stands before its words as a program that is given them, such
    as manage.py; `before`: programs on whose lines that may be."""

    name: str
    behind: str = ""
    before: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        return f"_{self.name}_words"

    @property
    def programs(self) -> str:
        return " ".join(self.before) if self.behind else self.name


RUNAT = Command("runat")
MANAGE = Command("jobs", behind="manage.py", before=("manage.py", "python", "python3"))

BASH = """\
{function}() {{
    local i word before="" place="" words=""
    for ((i = 0; i < COMP_CWORD; i++)); do
        word="${{COMP_WORDS[i]}}"
        case "$place $word" in
            " "*) if {begins}; then place="{name}"; fi ;;
            {places}) place="$place $word" ;;
        esac
        before="$word"
    done
    case "$place" in
{cases}
        *) type {others} >/dev/null 2>&1 && {others}; return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F {function} {programs}
"""
FISH = """\
function {function}
    set -l place
    set -l before
    for word in (commandline -opc)
        switch "$place $word"
            case ' *'
                if {begins}
                    set place "{name}"
                end
            case {places}
                set place "$place $word"
        end
        set before $word
    end
    printf "%s" "$place"
end
{lines}
"""
Place = tuple[str, ...]


def script(parser: argparse.ArgumentParser, command: Command = RUNAT, for_shell: str = "bash") -> str:
    """Return what this shell reads to complete the words of this parser, which are those of this command."""
    places = dict(_places(parser, (command.name,)))
    return _fish(places, command) if for_shell == "fish" else _bash(places, command, for_shell)


def _bash(places: Mapping[Place, Mapping[str, str]], command: Command, for_shell: str) -> str:
    text = BASH.format(
        function=command.function,
        name=command.name,
        begins=(
            f'[[ "$before" == *{command.behind} && "$word" == {command.name} ]]' if command.behind else "((i == 0))"
        ),
        places="|".join(f'"{" ".join(place)}"' for place in places if len(place) > 1),
        cases="\n".join(
            f'        "{" ".join(place)}") words="{" ".join(words)}" ;;' for place, words in places.items()
        ),
        others="_django_completion" if command.behind else "false",
        programs=command.programs,
    )
    return f"autoload -U bashcompinit && bashcompinit\n{text}" if for_shell == "zsh" else text


def _fish(places: Mapping[Place, Mapping[str, str]], command: Command) -> str:
    lines = [
        f'complete -c {program} -n \'test "$({command.function})" = "{" ".join(place)}"\' {_said(word, help_text)}'
        for program in command.programs.split()
        for place, words in places.items()
        for word, help_text in words.items()
    ]
    return FISH.format(
        function=command.function,
        name=command.name,
        begins=(
            f'string match -q -- \'*{command.behind}\' "$before"; and test "$word" = {command.name}'
            if command.behind
            else 'test -z "$before"'
        ),
        places=" ".join(f"'{' '.join(place)}'" for place in places if len(place) > 1),
        lines="\n".join(lines),
    )


def _said(word: str, help_text: str) -> str:
    """Return how fish is told of a word: of an option that it is one."""
    described = help_text.replace("\\", "\\\\").replace("'", "\\'")
    what = f"-l {word.removeprefix('--')}" if word.startswith("--") else f"-a {word}"
    return f"{what} -d '{described}'" if described else what


def _places(parser: argparse.ArgumentParser, here: Place) -> Iterator[tuple[Place, dict[str, str]]]:
    """Yield each place at which words are completed, with those words and what each does, places below it as well."""
    words: dict[str, str] = {}
    below: list[tuple[Place, dict[str, str]]] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {one.dest: one.help or "" for one in action._choices_actions}
            for verb, one in action.choices.items():
                words[verb] = helps.get(verb, "")
                below += _places(one, (*here, verb))
        else:
            words |= {one: action.help or "" for one in action.option_strings if one.startswith("--")}
            words |= dict.fromkeys(map(str, action.choices or ()), "") if not action.option_strings else {}
    yield here, {word: said.replace("%%", "%").partition("\n")[0] for word, said in words.items()}
    yield from below
