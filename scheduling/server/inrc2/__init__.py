"""Real rosters: a ward of the nurse rostering competition INRC-II, entered through the REST API as a client would.

`reader` (text to ward) and `plan` (ward to what is entered) are pure; `client` and `entry` talk to a server.
This package knows the API's JSON only, nothing of the server's own code.

Source of the format: S. Ceschia et al., "Second International Nurse Rostering Competition (INRC-II): Problem
Description and Rules", 2015.
"""
