"""A small ward in the competition's format: two nurses, two weeks."""

from pathlib import Path

SCENARIO = """\
SCENARIO = n002w2

WEEKS = 2

SKILLS = 2
HeadNurse
Nurse

SHIFT_TYPES = 4
Early (2,5)
Day (2,28)
Late (2,3)
Night (4,5)

FORBIDDEN_SHIFT_TYPES_SUCCESSIONS
Early 0
Day 0
Late 2 Early Day
Night 3 Early Day Late

CONTRACTS = 2
FullTime (5,10) (3,5) (2,3) 3 1
PartTime (2,4) (3,5) (3,5) 2 0

NURSES = 2
Alice FullTime 2 HeadNurse Nurse\x20
Lucy PartTime 1 Nurse

"""

NEEDS = "".join(
    f"{shift} {skill} (1,2) (1,1) (1,1) (1,1) (2,3) (1,1) (0,0)\n"
    for shift in ("Early", "Day", "Late", "Night")
    for skill in ("HeadNurse", "Nurse")
)

FIRST_WEEK = f"WEEK_DATA\nn002w2\n\nREQUIREMENTS\n{NEEDS}\nSHIFT_OFF_REQUESTS = 2\nLucy Any Wed \nAlice Night Sun\n"
SECOND_NEEDS = NEEDS.replace("Early Nurse (1,2)", "Early Nurse (0,2)").replace("Late Nurse (1,2)", "Late Nurse (3,3)")
SECOND_WEEK = f"WEEK_DATA\nn002w2\n\nREQUIREMENTS\n{SECOND_NEEDS}\nSHIFT_OFF_REQUESTS = 0\n"

FIRST_ROSTER = """\
SOLUTION
0 n002w2

ASSIGNMENTS = 4
Alice Mon Early HeadNurse
Alice Tue Night Nurse
Lucy Mon Day Nurse
Lucy Tue Late Nurse

"""

SECOND_ROSTER = "SOLUTION\n1 n002w2\n\nASSIGNMENTS = 1\nLucy Sun Night Nurse\n"

SOLUTION = "Solution_H_0-WD_1-0"


def write_ward(folder: Path) -> Path:
    """The ward's files: week 0 was planned for the needs in file 1, week 1 for those in file 0."""
    (folder / SOLUTION).mkdir(parents=True)
    files = {
        # The first file has the line ends of another system, as some of the real ones do.
        "Sc-n002w2.txt": SCENARIO.replace("\n", "\r\n"),
        "WD-n002w2-1.txt": FIRST_WEEK,
        "WD-n002w2-0.txt": SECOND_WEEK,
        f"{SOLUTION}/Sol-n002w2-1-0.txt": FIRST_ROSTER,
        f"{SOLUTION}/Sol-n002w2-0-1.txt": SECOND_ROSTER,
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder
