import pytest
from django.core.management import CommandError, call_command

from jobs import targets
from verification.drill.options import OptionError, checked
from verification.drill.plan import PLANS

GIVEN = {
    "rounds": "all",
    "fault": [],
    "seed": 3,
    "duration": 28.0,
    "beats": 3,
    "workers": 5,
    "json": None,
    "i_know": False,
    "foreign": [],
}


def asked(**other):
    return checked(**{**GIVEN, **other})


def test_defaults():
    options = asked()
    assert [plan.name for plan in options.plans] == list(PLANS)
    assert options.complete
    assert len({asked(seed=None).seed for _ in range(20)}) > 1


def test_rounds_and_faults():
    assert [plan.name for plan in asked(rounds="2").plans] == ["ha", "kill"]
    assert [plan.name for plan in asked(rounds="leader,ha").plans] == ["leader", "ha"]
    assert not asked(rounds="leader").complete
    (chosen,) = asked(fault=["broker-wipe", "leader-kill"]).plans
    assert chosen.faults == ("broker-wipe", "leader-kill")
    assert len(asked(fault=["broker-wipe"], rounds="3").plans) == 3


@pytest.mark.parametrize(
    ("nonsense", "says"),
    [
        ({"fault": ["meteor"]}, "There is no fault 'meteor'"),
        ({"rounds": "0"}, "--rounds: there is no round '0'"),
        ({"rounds": "ha,huh"}, "--rounds: there is no round 'huh'"),
        ({"duration": 3.0}, "--duration is 3;"),
        ({"workers": 0}, "There must be"),
        ({"json": "/no/such/folder/x.json"}, "--json: the folder of"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(nonsense, says):
    with pytest.raises(OptionError, match=r"^[^\n]+\.$") as refused:
        asked(**nonsense)
    assert str(refused.value).startswith(says)


def test_services_of_others_are_left_alone_unless_one_insists():
    with pytest.raises(OptionError, match="the database and the broker that it did not start"):
        asked(foreign=["the database", "the broker"])
    assert asked(foreign=["the database"], i_know=True).plans


def test_a_process_that_is_no_drill_has_neither_the_command_nor_the_target():
    with pytest.raises(CommandError, match="brings up its services first"):
        call_command("drill")
    assert "drill.body" not in targets.names()
