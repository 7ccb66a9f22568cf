"""Completion of `runat` in a shell: its verbs, and the options of each."""

from __future__ import annotations

import argparse

SCRIPT = """\
# bash: source <(runat completion); zsh: autoload -U bashcompinit && bashcompinit, then the same
_runat() {{
    local word words="{verbs}" verb=""
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$word" in {either}) verb="$word"; break ;; esac
    done
    case "$verb" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _runat runat
"""


def script(parser: argparse.ArgumentParser) -> str:
    """Return what bash, or zsh with its bashcompinit, reads to complete the words of this parser."""
    verbs = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    cases = [f'        {verb}) words="{" ".join(_options(one))}" ;;' for verb, one in verbs.items()]
    own = [*verbs, *_options(parser)]
    return SCRIPT.format(verbs=" ".join(own), either="|".join(verbs), cases="\n".join(cases))


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
