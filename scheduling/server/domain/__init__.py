"""What the application is about: staff, schedules, time off and the rules between them.

Pure: no database, no framework, no clock. The entities are frozen Pydantic models because their JSON *is* the
contract: REST answers with them, events carry them, the rules read them.
"""
