import pytest

from scheduling.server.inrc2.reader import read_assignments, read_scenario, read_week
from scheduling.server.inrc2.ward import Assignment, Contract, DataError, Nurse, Requirement, Scenario, ShiftOff
from scheduling.tests.inrc2.ward_files import FIRST_ROSTER, FIRST_WEEK, SCENARIO


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario(SCENARIO, "Sc.txt")


def test_a_scenario(scenario: Scenario):
    full, part = Contract("FullTime", 5, 10, 5, 2, 3, True), Contract("PartTime", 2, 4, 5, 3, 2, False)
    assert scenario == Scenario(
        weeks=2,
        skills=("HeadNurse", "Nurse"),
        shift_types=("Early", "Day", "Late", "Night"),
        successions=(("Late", "Early"), ("Late", "Day"), ("Night", "Early"), ("Night", "Day"), ("Night", "Late")),
        nurses={
            "Alice": Nurse("Alice", full, ("HeadNurse", "Nurse")),
            "Lucy": Nurse("Lucy", part, ("Nurse",)),
        },
    )


def test_the_requests_of_a_week(scenario: Scenario):
    _, requests = read_week(FIRST_WEEK, "WD.txt", scenario)
    assert requests == (ShiftOff("Lucy", "Any", 2), ShiftOff("Alice", "Night", 6))


def test_the_requirements_of_a_week(scenario: Scenario):
    requirements, _ = read_week(FIRST_WEEK, "WD.txt", scenario)
    assert len(requirements) == 8
    assert requirements[0] == Requirement("Early", "HeadNurse", (1, 1, 1, 1, 2, 1, 0))


def test_a_roster(scenario: Scenario):
    found = read_assignments(FIRST_ROSTER, "Sol.txt", scenario, 0)
    assert found == (
        Assignment("Alice", 0, "Early", "HeadNurse"),
        Assignment("Alice", 1, "Night", "Nurse"),
        Assignment("Lucy", 0, "Day", "Nurse"),
        Assignment("Lucy", 1, "Late", "Nurse"),
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("SCENARIO = n002w2", "SCENARIO n002w2", "line 1: expected SCENARIO = …, found 'SCENARIO n002w2'"),
        ("WEEKS = 2", "WEEKS = two", "line 3: WEEKS is 'two', which is no number"),
        ("WEEKS = 2", "WEEKS = -2", "line 3: WEEKS is '-2', which is no number"),
        ("WEEKS = 2", "WEEKS = 0", "line 3: WEEKS is 0, but a ward has at least one"),
        ("WEEKS = 2", "WEEKS = " + "9" * 5_000, "line 3: WEEKS is '99999999999999999999', which is no number of at"),
        ("(5,10) (3,5)", f"(5,{'9' * 400}) (3,5)", "line 22: expected a line such as 'FullTime (30,44)"),
        ("SKILLS = 2", "SKILLS = 3", "line 9: expected a line such as 'HeadNurse', found 'SHIFT_TYPES = 4'"),
        ("Early (2,5)", "Early (2,x)", "line 10: expected a line such as 'Early (2,5)', found 'Early (2,x)'"),
        ("Late 2 Early Day", "Late 2 Early Noon", "line 18: there is no shift type 'Noon'; there are: Early, Day"),
        ("(5,10) (3,5)", "(5,10)", "line 22: expected a line such as 'FullTime (30,44) (3,5) (2,3) 3 1'"),
        ("Lucy PartTime", "Lucy NoTime", "line 27: there is no contract 'NoTime'; there are: FullTime, PartTime"),
        ("Lucy PartTime 1 Nurse", "Lucy PartTime 2 Nurse", "line 27: expected a line such as 'Alice FullTime 2"),
        ("Lucy PartTime 1 Nurse", "Lucy", "line 27: expected a line such as 'Alice FullTime 2"),
        ("Lucy PartTime 1 Nurse", "Lucy PartTime 1 Cook", "line 27: there is no skill 'Cook'; there are: HeadNurse"),
        ("NURSES = 2", "NURSES = 3", "line 28: expected row 3 of 3 of NURSES, but the file ends here"),
        ("NURSES = 2", "NURSES = 1", "line 27: expected the end of the file, found 'Lucy PartTime 1 Nurse'"),
        (
            "FORBIDDEN_SHIFT_TYPES_SUCCESSIONS\n",
            "",
            "line 15: expected FORBIDDEN_SHIFT_TYPES_SUCCESSIONS, found 'Early 0'",
        ),
    ],
)
def test_a_corrupt_scenario_names_its_line(old: str, new: str, complaint: str):
    with pytest.raises(DataError) as error:
        read_scenario(SCENARIO.replace(old, new, 1), "Sc.txt")
    assert str(error.value).startswith(f"Sc.txt, {complaint}")


@pytest.mark.parametrize("length", range(0, len(SCENARIO), 7))
def test_a_scenario_that_breaks_off_is_a_data_error_wherever_it_does(length: int):
    """At every seventh character: nothing but a DataError, until the last nurse is whole."""
    text = SCENARIO[:length]
    if "Lucy PartTime 1 Nurse" in text:
        read_scenario(text, "Sc.txt")
    else:
        with pytest.raises(DataError):
            read_scenario(text, "Sc.txt")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("WEEK_DATA", "WEEKDATA", "line 1: expected WEEK_DATA, found 'WEEKDATA'"),
        ("Early HeadNurse (1,2) ", "Early HeadNurse ", "line 5: expected a line such as 'Early Nurse (1,2)"),
        ("Late HeadNurse", "Noon HeadNurse", "line 9: there is no shift type 'Noon'; there are: Early, Day"),
        ("Late HeadNurse", "Late Cook", "line 9: there is no skill 'Cook'; there are: HeadNurse, Nurse"),
        ("Lucy Any Wed", "Lucy Any", "line 15: expected a line such as 'Maggie Any Mon', found 'Lucy Any'"),
        ("Lucy Any Wed", "Lucie Any Wed", "line 15: there is no nurse 'Lucie'; there are: Alice, Lucy"),
        ("Lucy Any Wed", "Lucy Noon Wed", "line 15: there is no shift type 'Noon'; there are: Any, Early"),
        ("Lucy Any Wed", "Lucy Any Wen", "line 15: there is no day 'Wen'; there are: Mon, Tue"),
        ("= 2", "= 3", "line 17: expected row 3 of 3 of SHIFT_OFF_REQUESTS, but the file ends here"),
    ],
)
def test_a_corrupt_week_names_its_line(scenario: Scenario, old: str, new: str, complaint: str):
    with pytest.raises(DataError) as error:
        read_week(FIRST_WEEK.replace(old, new, 1), "WD.txt", scenario)
    assert str(error.value).startswith(f"WD.txt, {complaint}")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("0 n002w2", "1 n002w2", "line 2: expected the roster of week 0, found that of week 1"),
        ("0 n002w2", "n002w2", "line 2: expected a line such as '0 n012w8', found 'n002w2'"),
        ("Alice Mon Early", "Alice Mon Noon", "line 5: there is no shift type 'Noon'"),
        ("Early HeadNurse", "Early Cook", "line 5: there is no skill 'Cook'; there are: HeadNurse, Nurse"),
        ("Alice Mon Early HeadNurse", "Alice Mon Early", "line 5: expected a line such as 'Alice Mon Day Nurse'"),
        ("ASSIGNMENTS = 4", "ASSIGNMENTS = 5", "line 9: expected row 5 of 5 of ASSIGNMENTS, but the file ends here"),
        ("ASSIGNMENTS = 4", "ASSIGNMENTS = 3", "line 8: expected the end of the file, found 'Lucy Tue Late Nurse'"),
    ],
)
def test_a_corrupt_roster_names_its_line(scenario: Scenario, old: str, new: str, complaint: str):
    with pytest.raises(DataError) as error:
        read_assignments(FIRST_ROSTER.replace(old, new, 1), "Sol.txt", scenario, 0)
    assert str(error.value).startswith(f"Sol.txt, {complaint}")
